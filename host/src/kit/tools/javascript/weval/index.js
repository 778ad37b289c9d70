// componentize-js takes a program from weval where it is asked to compile ahead of time, which the kit never does.

export default async () => {
  throw new Error("plugins are not compiled ahead of time");
};
