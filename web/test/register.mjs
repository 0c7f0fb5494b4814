// Lets node:test import the page's TypeScript: Node 20 strips no types, so Vite's own transformer does.
import { register } from "node:module";

register("./typescript-hooks.mjs", import.meta.url);
