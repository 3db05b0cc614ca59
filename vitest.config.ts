/** One vitest project a kind of test: `npx vitest run --project unit src/engine`. */
import { defineConfig } from 'vitest/config'

const adapterTests = ['src/**/*.docker.test.ts', 'src/**/*.s3.test.ts', 'src/**/*.postgres.test.ts']
/** They start engines of their own, for which they need root; and mostly wait. */
const ownEngineTests = [
  'src/runtime/swarm/**/*.docker.test.ts',
  'test/e2e/{swarm,endpoints,endpoints-guide,controllers}.test.ts',
]

/**
 * Milliseconds that `expect.poll` waits for what must come, in the unit tests. Waiting costs nothing where it comes, and
 * a machine that does much else may stand still for seconds: no test gives a shorter time of its own.
 */
const patienceMs = 60_000
/** The same where real engines, servers and processes are waited for. */
const patienceOfRealOnesMs = 120_000

type Project = {
  readonly name: string
  readonly include: readonly string[]
  readonly exclude?: readonly string[]
  /** Milliseconds that one test may take: more than it waits for one thing, see `patienceMs`. */
  readonly timeoutMs: number
  readonly patienceMs?: number
  readonly setupFiles?: readonly string[]
  /** Files of this project share one Docker Engine: one after the other. */
  readonly oneByOne?: boolean
  /** Files share the modules that a worker has loaded: loading is most of what they would do. */
  readonly sharesModules?: boolean
}

const projects: readonly Project[] = [
  {
    name: 'unit',
    include: ['src/**/*.test.ts', 'scripts/**/*.test.ts'],
    exclude: adapterTests,
    setupFiles: ['test/properties.setup.ts'],
    patienceMs,
    timeoutMs: 180_000,
    sharesModules: true,
  },
  {
    name: 'docker',
    include: ['src/**/*.docker.test.ts'],
    exclude: ownEngineTests,
    timeoutMs: 300_000,
    oneByOne: true,
    sharesModules: true,
  },
  { name: 's3', include: ['src/**/*.s3.test.ts'], timeoutMs: 300_000, sharesModules: true },
  { name: 'postgres', include: ['src/**/*.postgres.test.ts'], timeoutMs: 300_000, oneByOne: true, sharesModules: true },
  { name: 'e2e', include: ['test/e2e/**/*.test.ts'], exclude: ownEngineTests, timeoutMs: 300_000, oneByOne: true },
  { name: 'engines', include: ownEngineTests, timeoutMs: 600_000, oneByOne: true },
  {
    name: 'simulation',
    include: ['test/simulation/**/*.test.ts', 'test/mutants/**/*.test.ts'],
    exclude: ['test/simulation/seeds.test.ts'],
    timeoutMs: 400_000,
  },
  { name: 'seeds', include: ['test/simulation/seeds.test.ts'], timeoutMs: 600_000 },
  { name: 'kill', include: ['test/kill/**/*.test.ts'], timeoutMs: 600_000, oneByOne: true },
  { name: 'chaos', include: ['test/chaos/**/*.test.ts'], timeoutMs: 400_000, oneByOne: true },
  { name: 'monitoring', include: ['test/monitoring/**/*.test.ts'], timeoutMs: 300_000 },
  { name: 'clients', include: ['test/clients/**/*.test.ts'], timeoutMs: 300_000, oneByOne: true },
]

export default defineConfig({
  test: {
    projects: projects.map(
      ({ name, include, exclude = [], setupFiles = [], oneByOne = false, sharesModules = false, ...patience }) => ({
        test: {
          name,
          include: [...include],
          exclude: ['**/node_modules/**', ...exclude],
          setupFiles: [...setupFiles],
          testTimeout: patience.timeoutMs,
          hookTimeout: patience.timeoutMs,
          expect: { poll: { timeout: patience.patienceMs ?? patienceOfRealOnesMs, interval: 50 } },
          fileParallelism: !oneByOne,
          isolate: !sharesModules,
          sequence: { groupOrder: 0 },
        },
      }),
    ),
    passWithNoTests: true,
    maxWorkers: 2,
  },
})
