/** Preloaded into an app (`--import`): counts the modules that it loads, and says how many on SIGUSR2. */
import { registerHooks } from "node:module";

let modules = 0;
registerHooks({
  load(url, context, next) {
    modules++;
    return next(url, context);
  },
});
process.on("SIGUSR2", () => process.stdout.write(`modules=${modules}\n`));
