// The three functions that componentize-js takes from jco make a component of a core module, with an adapter for WASI in
// it. There is no WASI to adapt, and a host makes components of core modules itself: the module stays as it is.

export const preview1AdapterReactorPath = () => new URL(import.meta.url);
export const componentNew = async (core) => core;
export const metadataAdd = async (core) => core;
