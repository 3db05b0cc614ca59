/** A daemon on a table, with simulated containers: `node table-daemon.ts DATA TABLE_URL`. Says its address, then lives on. */
import { systemClock, systemRandom } from '../../src/main/system.ts'
import { startDaemon } from '../../src/main.ts'
import { SimulatedEngine, SimulatedRuntime } from '../../src/runtime/simulated/index.ts'

const [data = '', url = ''] = process.argv.slice(2)
const daemon = await startDaemon({
  runtime: () =>
    new SimulatedRuntime(
      new SimulatedEngine({
        clock: systemClock,
        random: systemRandom,
        behaviour: () => ({}),
        cpus: 1000,
        memoryBytes: 2 ** 50,
      }),
    ),
  sources: {
    base: data,
    flags: { data, server: { port: 0 }, metrics: { port: 0 }, table: { url, pollMs: 500 }, log: { format: 'json' } },
  },
})
process.stdout.write(`${daemon.apiUrl}\n`)
