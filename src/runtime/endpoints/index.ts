/** The door to a runtime that is made of several. */
export { EndpointsRuntime } from './endpoints-runtime.ts'
export type { EndpointSettings, NamedRuntime } from './member.ts'
