/** A DNS server on the loopback address with records of a test. */
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { decode, encode, type Answer } from "dns-packet";

/** `silent` never answers, `broken` fails; other names without a record do not exist. */
export interface Zone {
  answers: readonly Answer[];
  silent?: readonly string[];
  broken?: readonly string[];
}

const nameError = 3;
const serverFailure = 2;

export interface DnsServer extends AsyncDisposable {
  /** `address:port`. */
  address: string;
}

export async function startDnsServer({ answers, silent = [], broken = [] }: Zone): Promise<DnsServer> {
  const socket = createSocket("udp4");
  socket.on("message", (message, peer) => {
    const { id, questions = [] } = decode(message);
    const [question] = questions;
    if (question === undefined || silent.includes(question.name)) return;
    const known = answers.filter(({ name }) => name === question.name);
    const found = known.filter(({ type }) => type === question.type);
    const code = broken.includes(question.name) ? serverFailure : known.length === 0 ? nameError : 0;
    const reply = { type: "response", id: id ?? 0, flags: code, questions, answers: found } as const;
    socket.send(encode(reply), peer.port, peer.address);
  });
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  return {
    address: `127.0.0.1:${socket.address().port}`,
    [Symbol.asyncDispose]: async () => {
      socket.close();
      await once(socket, "close");
    },
  };
}
