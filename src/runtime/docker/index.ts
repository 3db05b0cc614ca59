/** The door to the Docker adapter. */
export {
  type EngineAddress,
  type EngineSearch,
  type EngineTried,
  describeAddress,
  engineAt,
  findEngine,
} from './connection.ts'
export type { CallReport } from './client.ts'
export { DockerRuntime, type DockerRuntimeOptions } from './docker-runtime.ts'
export { type EngineOrReason, type Say, ensureBusybox, ensureEngine } from './install.ts'
export { type Leak, findBelongings, removeLeaks } from './leaks.ts'
export { type Stray, findStrays, removeStrays } from './strays.ts'
export type { Log } from './log.ts'
export { type EngineProbe, probeEngine } from './probe-engine.ts'
export { startSocketProxy } from './proxy/socket-proxy.ts'
