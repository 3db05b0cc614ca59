/** The door to the simulated runtime. */
export type { Behaviour, ContainerScript, Faults, PodScript } from './script.ts'
export { SimulatedEngine, type SimulatedEngineOptions } from './simulated-engine.ts'
export { SimulatedRuntime } from './simulated-runtime.ts'
