/** Runs the front of a deployed environment as a separate process: `node front-process.js <endpoint> <region> <project> <port> <port>`. */
import { startFront } from "./aws/front.ts";

const [endpoint = "", region = "", project = "", proxy = "", application = ""] = process.argv.slice(2);
await startFront({
  endpoint,
  region,
  project,
  ports: { proxy: Number(proxy), application: Number(application) },
});
