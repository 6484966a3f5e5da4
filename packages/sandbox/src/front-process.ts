/** The front of a deployed environment as a process of its own: `node front-process.js <endpoint> <region> <project> <port> <port>`. */
import { startFront } from "./aws/front.ts";

const [endpoint = "", region = "", project = "", proxy = "", application = ""] = process.argv.slice(2);
await startFront({
  endpoint,
  region,
  project,
  ports: { proxy: Number(proxy), application: Number(application) },
});
