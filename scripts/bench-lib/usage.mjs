/** What a run costs: seconds, processor time of the client and of the servers, memory. Processor time and memory need Linux's /proc. */
import { readFileSync, readdirSync } from "node:fs";

/** @typedef {{ seconds: number, clientCpu: number | undefined, serverCpu: number | undefined, peakMb: number | undefined }} Usage */

/** Ticks a second in /proc, the same on all Linux systems (`getconf CLK_TCK`). */
const ticks = 100;

/** Fields of /proc/<pid>/stat behind the name of the program, which may contain spaces; counted from 0. See proc_pid_stat(5). */
const parent = 1;
const cpu = { own: [11, 12], children: [13, 14] };

/**
 * Measures a piece of work.
 * @param {readonly number[]} servers process ids of the servers
 * @param {(onStart: (pid: number) => void) => Promise<unknown>} work calls `onStart` with the process whose memory is measured
 * @returns {Promise<Usage>}
 */
export async function measure(servers, work) {
  const memory = watchMemory();
  const before = { client: childrenCpu(), servers: treesCpu(servers) };
  const start = performance.now();
  await work(memory.watch);
  const seconds = (performance.now() - start) / 1000;
  return {
    seconds,
    clientCpu: difference(before.client, childrenCpu()),
    serverCpu: difference(before.servers, treesCpu(servers)),
    peakMb: memory.peak(),
  };
}

/**
 * @param {number | undefined} before
 * @param {number | undefined} after
 */
function difference(before, after) {
  return before === undefined || after === undefined ? undefined : after - before;
}

/** Processor seconds of all programs that this process has started and that have ended, with the programs that those started. */
function childrenCpu() {
  const fields = statOf(process.pid);
  return fields === undefined ? undefined : sum(fields, cpu.children);
}

/** Processor seconds of servers: of their processes, and of the sessions that have ended. @param {readonly number[]} pids */
function treesCpu(pids) {
  if (statOf(process.pid) === undefined) return undefined;
  let total = 0;
  for (const name of readdirSync("/proc")) {
    const fields = /^\d+$/.test(name) ? statOf(Number(name)) : undefined;
    if (fields === undefined) continue;
    if (pids.includes(Number(name)) || pids.includes(Number(fields[parent]))) {
      total += sum(fields, [...cpu.own, ...cpu.children]);
    }
  }
  return total;
}

/** @param {number} pid */
function statOf(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    return text.slice(text.lastIndexOf(")") + 2).split(" ");
  } catch {
    return undefined;
  }
}

/**
 * @param {readonly string[]} fields
 * @param {readonly number[]} which
 */
function sum(fields, which) {
  return which.reduce((total, index) => total + Number(fields[index]), 0) / ticks;
}

/** Reads the peak memory of a process while it runs: the system does not keep it afterwards. */
function watchMemory() {
  /** @type {number | undefined} */
  let peak;
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  return {
    /** @param {number} pid */
    watch: (pid) => {
      timer = setInterval(() => {
        const found = peakOf(pid);
        if (found === undefined) clearInterval(timer);
        else peak = found;
      }, 20);
    },
    /** In megabytes (1,000,000 bytes). */
    peak: () => {
      clearInterval(timer);
      return peak;
    },
  };
}

/** @param {number} pid */
function peakOf(pid) {
  try {
    const kilobytes = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    return kilobytes === undefined ? undefined : (Number(kilobytes) * 1024) / 1_000_000;
  } catch {
    return undefined;
  }
}
