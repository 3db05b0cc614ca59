/** What pods are told of the machine that they run on. */
export type HostFacts = { readonly name: string; readonly cpus: number; readonly memoryBytes: number }
