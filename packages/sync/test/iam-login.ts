/**
 * A stand-in for the login with IAM tokens, which no emulator has: the RDS side asks an LDAP server for the password of one role, and this
 * server accepts a token as AWS does, but for some seconds only. It checks what the token states, and not its signature.
 * https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAMDBAuth.Connecting.html
 */
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo, type Socket } from "node:net";
import type { Pair } from "@pilot-light/sandbox/testing";
import { superuserOnRds } from "./untouched.ts";

/** How a login ended. `refused`: the password is no token for this role and host. */
type Login = "accepted" | "expired" | "refused";

/** Milliseconds for which a token is valid. AWS: 15 minutes. Much longer than a busy machine needs from the signature to the login. */
export const tokenLifetime = 20_000;

export interface IamLogin extends AsyncDisposable {
  /** The role that logs in with tokens, and owns the target. */
  role: string;
  /** All logins so far. */
  logins: readonly Login[];
}

/** Lets a new role log in to the RDS side with tokens for `host`. The role owns the database of the pair. */
export async function iamLoginOnRds(pair: Pair, host: string): Promise<IamLogin> {
  const role = `${pair.rds.database}_copier`;
  const logins: Login[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined).on("close", () => sockets.delete(socket));
    socket.on("data", (message) => {
      const bind = readBind(message);
      if (bind === undefined) return;
      const login = judge(bind.password, { host, role });
      logins.push(login);
      socket.write(bindResponse(bind.id, login === "accepted"));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;

  await using admin = await superuserOnRds("postgres");
  await admin.client.query(`create role ${role} login createdb`);
  await admin.client.query(`alter database ${pair.rds.database} owner to ${role}`);
  const { rows } = await admin.client.query<{ hba_file: string }>("show hba_file");
  const file = rows[0]?.hba_file ?? "";
  const line = `host all ${role} 127.0.0.1/32 ldap ldapserver=127.0.0.1 ldapport=${port} ldapprefix="" ldapsuffix=""\n`;
  // The first line that matches decides.
  await writeFile(file, `${line}${await readFile(file, "utf8")}`);
  await admin.client.query("select pg_reload_conf()");
  return {
    role,
    logins,
    [Symbol.asyncDispose]: async () => {
      await using last = await superuserOnRds("postgres");
      await writeFile(file, (await readFile(file, "utf8")).replace(line, ""));
      await last.client.query("select pg_reload_conf()");
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

/** What AWS checks, but the signature. */
function judge(token: string, { host, role }: { host: string; role: string }): Login {
  const url = URL.canParse(`https://${token}`) ? new URL(`https://${token}`) : undefined;
  const stated = (name: string) => url?.searchParams.get(name);
  if (url?.hostname !== host || stated("Action") !== "connect" || stated("DBUser") !== role) return "refused";
  if (stated("X-Amz-Expires") !== "900" || stated("X-Amz-Signature")?.length !== 64) return "refused";
  // 20261128T131500Z
  const signed = (stated("X-Amz-Date") ?? "").replace(/^(....)(..)(..T..)(..)(..Z)$/, "$1-$2-$3:$4:$5");
  return Date.now() - Date.parse(signed) < tokenLifetime ? "accepted" : "expired";
}

/**
 * The id and the password of a request to log in; undefined for any other request. `30 n  02 1 id  60 n  02 1 3  04 n name  80 n password`:
 * https://www.rfc-editor.org/rfc/rfc4511#section-4.2
 */
function readBind(message: Buffer): { id: number; password: string } | undefined {
  let at = 0;
  /** Reads the head of an element, and returns its type and the position of its end. */
  const open = () => {
    const type = message.readUInt8(at);
    let length = message.readUInt8(at + 1);
    at += 2;
    if (length > 0x80) {
      const bytes = length - 0x80;
      length = message.readUIntBE(at, bytes);
      at += bytes;
    }
    return { type, end: at + length };
  };
  const value = () => {
    const { end } = open();
    const bytes = message.subarray(at, end);
    at = end;
    return bytes;
  };
  open();
  const id = value().readUIntBE(0, 1);
  if (open().type !== 0x60) return undefined;
  value();
  value();
  return { id, password: value().toString("utf8") };
}

/** `invalidCredentials` has the code 49. */
function bindResponse(id: number, isAccepted: boolean): Buffer {
  return Buffer.from([0x30, 12, 2, 1, id, 0x61, 7, 0x0a, 1, isAccepted ? 0 : 49, 4, 0, 4, 0]);
}
