/** One vitest project a kind of test: `npx vitest run --project unit src/engine`. */
import { defineConfig } from 'vitest/config'

const adapterTests = ['src/**/*.docker.test.ts', 'src/**/*.s3.test.ts', 'src/**/*.postgres.test.ts']
/** They start engines of their own, for which they need root; and mostly wait. */
const ownEngineTests = [
  'src/runtime/swarm/**/*.docker.test.ts',
  'test/e2e/{swarm,endpoints,endpoints-guide,controllers}.test.ts',
]

type Project = {
  readonly name: string
  readonly include: readonly string[]
  readonly exclude?: readonly string[]
  /** Milliseconds that one test may take. */
  readonly timeoutMs: number
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
    timeoutMs: 20_000,
    sharesModules: true,
  },
  { name: 'docker', include: ['src/**/*.docker.test.ts'], exclude: ownEngineTests, timeoutMs: 120_000, oneByOne: true },
  { name: 's3', include: ['src/**/*.s3.test.ts'], timeoutMs: 60_000 },
  { name: 'postgres', include: ['src/**/*.postgres.test.ts'], timeoutMs: 60_000, oneByOne: true },
  { name: 'e2e', include: ['test/e2e/**/*.test.ts'], exclude: ownEngineTests, timeoutMs: 180_000, oneByOne: true },
  { name: 'engines', include: ownEngineTests, timeoutMs: 240_000, oneByOne: true },
  {
    name: 'simulation',
    include: ['test/simulation/**/*.test.ts', 'test/mutants/**/*.test.ts'],
    timeoutMs: 300_000,
  },
  { name: 'kill', include: ['test/kill/**/*.test.ts'], timeoutMs: 600_000, oneByOne: true },
  { name: 'chaos', include: ['test/chaos/**/*.test.ts'], timeoutMs: 400_000, oneByOne: true },
  { name: 'monitoring', include: ['test/monitoring/**/*.test.ts'], timeoutMs: 120_000 },
  { name: 'clients', include: ['test/clients/**/*.test.ts'], timeoutMs: 180_000, oneByOne: true },
]

export default defineConfig({
  test: {
    projects: projects.map(
      ({ name, include, exclude = [], setupFiles = [], timeoutMs, oneByOne = false, sharesModules = false }) => ({
        test: {
          name,
          include: [...include],
          exclude: ['**/node_modules/**', ...exclude],
          setupFiles: [...setupFiles],
          testTimeout: timeoutMs,
          hookTimeout: timeoutMs,
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
