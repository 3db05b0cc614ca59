/** What the controller and the store take by themselves: containers are simulated, commits are real. */
import type { startDaemon } from '../src/main.ts'
import { systemClock, systemRandom } from '../src/main/system.ts'
import { SimulatedEngine, SimulatedRuntime } from '../src/runtime/simulated/index.ts'
import { fanOf, secondsOf, withDaemon } from './on-docker.ts'

export const simulated: Pick<Parameters<typeof startDaemon>[0], 'runtime'> = {
  runtime: () =>
    new SimulatedRuntime(
      new SimulatedEngine({
        clock: systemClock,
        random: systemRandom,
        behaviour: () => ({}),
        cpus: 10_000,
        memoryBytes: 2 ** 50,
        countsStarts: false,
      }),
    ),
}

/**
 * Nodes per second, committed to SQLite or to a Postgres, of workflows of `nodes` steps each: of the best round. A daemon
 * lives for weeks and its first nodes are spent on compiling, so a round as large goes before those that count.
 */
export async function nodesPerSecond(
  workflows: number,
  nodes: number,
  { rounds = 1, storeUrl }: { readonly rounds?: number; readonly storeUrl?: string } = {},
): Promise<number> {
  const on = storeUrl === undefined ? simulated : { ...simulated, storeUrl }
  return withDaemon(async (daemon) => {
    const round = async () => {
      const begun = performance.now()
      await Promise.all(Array.from({ length: workflows }, () => secondsOf(daemon, fanOf(nodes))))
      return (workflows * nodes) / ((performance.now() - begun) / 1000)
    }
    await round()
    let best = 0
    for (let taken = 0; taken < rounds; taken += 1) best = Math.max(best, await round())
    return best
  }, on)
}

/** Cost per node of one big workflow against that of a small one. */
export async function growth(
  small: number,
  large: number,
): Promise<{ readonly ratio: number; readonly smallUs: number; readonly largeUs: number }> {
  return withDaemon(async (daemon) => {
    await secondsOf(daemon, fanOf(small))
    const repeats = 3
    let seconds = 0
    for (let i = 0; i < repeats; i++) seconds += await secondsOf(daemon, fanOf(small))
    const smallUs = (seconds / repeats / small) * 1e6
    const largeUs = ((await secondsOf(daemon, fanOf(large))) / large) * 1e6
    return { ratio: largeUs / smallUs, smallUs, largeUs }
  }, simulated)
}
