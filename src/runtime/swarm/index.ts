/** The door to the Swarm adapter. */
export { SwarmRuntime, type SwarmRuntimeOptions } from './swarm-runtime.ts'
