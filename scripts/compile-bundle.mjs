/**
 * `node scripts/compile-bundle.mjs <dist> <arguments>`: runs the bundle of a package, and then saves the code that V8 has compiled. How the
 * command ends does not matter.
 */
import { writeFileSync } from "node:fs";
import { bundleIn, compileBundle, evaluate } from "../packages/core/dist/cli/bundle.js";

const [dist = "", ...args] = process.argv.slice(2);
const { file, code } = bundleIn(dist);
process.argv.splice(1, process.argv.length, file, ...args);
const bundle = compileBundle(file);
process.on("exit", () => {
  writeFileSync(code, bundle.createCachedData());
  process.exitCode = 0;
});
await evaluate(bundle, file).run();
