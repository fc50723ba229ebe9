import { existsSync } from "node:fs";
import { mkdir, readFile, rm, rmdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { PROJECT_ROOT } from "../../../scripts/project-root.ts";
import { type Fault, sleep } from "../fault.ts";

const FAKETIME = [
  "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1",
  "/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1",
].find(existsSync);
const CLOCK_FILE = join(tmpdir(), `fault-clock-${process.pid}`);
const BLOCKER = join(PROJECT_ROOT, "tests/faults/block-on-signal.ts");
const CGROUPS = "/sys/fs/cgroup/memory";
const LIMIT_BYTES = 256 * 1024 * 1024;

export const processFaults: Record<string, Fault> = {
  "clock-jumps": {
    title: "The clock of one of the two instances jumps 10 minutes ahead, then 10 minutes behind, then back",
    note: "ID tokens live for a minute: an instance with such a clock cannot accept any",
    seconds: 20,
    missing: () => Promise.resolve(FAKETIME ? undefined : "libfaketime is not installed (apt-get install libfaketime)"),
    async prepare() {
      await writeFile(CLOCK_FILE, "+0");
      const env = {
        LD_PRELOAD: FAKETIME!,
        FAKETIME_TIMESTAMP_FILE: CLOCK_FILE,
        FAKETIME_NO_CACHE: "1",
        FAKETIME_DONT_FAKE_MONOTONIC: "1",
        DONT_FAKE_MONOTONIC: "1",
      };
      return {
        envOf: (index): Record<string, string> => (index === 0 ? env : {}),
        undo: () => rm(CLOCK_FILE, { force: true }),
      };
    },
    async happen({ seconds }) {
      for (const offset of ["+10m", "-10m"]) {
        await writeFile(CLOCK_FILE, offset);
        await sleep(seconds * 500);
      }
      await writeFile(CLOCK_FILE, "+0");
    },
  },
  "stopped-5s": {
    title: "One instance stands still for 5 s (SIGSTOP, SIGCONT) with everything it had in hand",
    seconds: 5,
    async happen({ world, seconds }) {
      const { pid } = world.processes[0]!;
      process.kill(pid, "SIGSTOP");
      await sleep(seconds * 1_000);
      process.kill(pid, "SIGCONT");
    },
  },
  "stopped-in-run": {
    title: "Both instances stand still for 5 s in the middle of a migration",
    seconds: 5,
    inRun: true,
    async happen({ world, seconds }) {
      await sleep(500);
      for (const { pid } of world.processes) process.kill(pid, "SIGSTOP");
      await sleep(seconds * 1_000);
      for (const { pid } of world.processes) process.kill(pid, "SIGCONT");
    },
  },
  "event-loop-blocked": {
    title:
      "The event loop of each instance is blocked for 5 s by a loop that does nothing, one after the other, in the middle of a migration",
    seconds: 5,
    inRun: true,
    prepare: () => Promise.resolve({ env: { NODE_OPTIONS: `--import ${pathToFileURL(BLOCKER).href}` } }),
    async happen({ world, seconds }) {
      await sleep(500);
      for (const { pid } of world.processes) {
        process.kill(pid, "SIGUSR2");
        await sleep(seconds * 1_000);
      }
    },
  },
  sigterm: {
    title:
      "A rolling deployment under load: each instance is replaced, then ended by SIGTERM, in the middle of a migration",
    seconds: 0,
    inRun: true,
    async happen({ world }) {
      for (const index of [0, 1]) {
        const old = world.processes[index]!;
        await world.restart(index);
        await sleep(500); // as long as a load balancer takes to see it
        const { code } = await old.stop(40_000);
        if (code !== 0) throw new Error(`the old instance ended with ${code}`);
      }
    },
  },
  sigkill: {
    title: "Both instances are killed (SIGKILL) one after the other and started again, in the middle of a migration",
    seconds: 0,
    inRun: true,
    async happen({ world }) {
      for (const index of [0, 1]) {
        await sleep(500);
        await world.processes[index]!.kill();
        await world.restart(index);
      }
    },
  },
  "memory-256mb": {
    title: "Each instance may have 256 MB (a memory cgroup), three times the load, in the middle of a migration",
    seconds: 30,
    inRun: true,
    async missing() {
      const probe = join(CGROUPS, `fault-probe-${process.pid}`);
      try {
        await mkdir(probe);
        await rmdir(probe);
        return undefined;
      } catch {
        return "this machine does not let memory cgroups be made";
      }
    },
    async happen({ world, seconds, onEnd }) {
      const groups = world.processes.map(({ pid }) => ({ pid, group: join(CGROUPS, `fault-${pid}`) }));
      for (const { pid, group } of groups) {
        await mkdir(group);
        await writeFile(join(group, "memory.limit_in_bytes"), String(LIMIT_BYTES));
        await writeFile(join(group, "cgroup.procs"), String(pid));
      }
      onEnd(async () => {
        // After the processes have ended: a group with processes cannot be removed. World.close has run by then or runs next.
        for (const { pid } of groups) await world.processes.find((app) => app.pid === pid)?.stop(3_000);
        for (const { group } of groups) await rmdir(group).catch(() => {});
      });
      const end = performance.now() + seconds * 1_000;
      while (performance.now() < end) {
        await Promise.all(
          Array.from({ length: 16 }, (_, index) => world.merchants.open(`fault-${index * 4}.myshopify.com`, index)),
        );
      }
      for (const { group } of groups) {
        const killed = /oom_kill (\d+)/.exec(await readFile(join(group, "memory.oom_control"), "utf8"));
        if (Number(killed?.[1] ?? 0) > 0) throw new Error("an instance was killed for want of memory");
      }
    },
  },
};
