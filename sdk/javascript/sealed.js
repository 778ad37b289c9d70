// Seals as soon as it is imported: the build imports it before anything of the plugin's.

import { reached, seal } from "./seal.js";

seal();

export { reached };
