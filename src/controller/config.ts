/** What an operator may set about the controller. */
import type { SecurityPolicy } from '../admission/index.ts'
import type { ArchiveConfig } from './archive/policy.ts'
import type { EngineConfig } from '../engine/world.ts'
import type { LongListConfig } from './long-lists.ts'
import type { RateLimit } from './pods/start-rate.ts'
import type { EnvVar } from '../resources/index.ts'

export type CapacityConfig = {
  /** Cores that the requests of running pods may add up to; `null`: the host's. */
  readonly cpus: number | null
  /** Likewise for memory. */
  readonly memoryBytes: number | null
  /** Most containers at once (a Linux bridge takes about 1,000 ports). */
  readonly containersMax: number
  /** A pod that asks for more than there is: waits for ever, as in Kubernetes, or runs alone. */
  readonly oversized: 'wait' | 'run'
}

export type PluginConfig = { readonly name: string; readonly address: string; readonly token?: string }

/** Storage behind Argo's artifact protocol: an image whose entry point takes the path of its socket. */
export type ArtifactDriverConfig = {
  readonly name: string
  readonly image: string
  /** 5 where absent or 0. */
  readonly connectionTimeoutSeconds?: number
  /** Drydock's own: what the driver has to know, as there is no Kubernetes to ask for Secrets. */
  readonly env?: readonly EnvVar[]
}

export type HistoryConfig = {
  /** The first ones, which are never overwritten. */
  readonly first: number
  /** The newest ones; 0: no history is written. */
  readonly newest: number
}
export const defaultHistory: HistoryConfig = { first: 20, newest: 200 }

export type ControllerConfig = {
  readonly engine: EngineConfig
  /** Most workflows at once, and per namespace; 0 = no limit. */
  readonly parallelism: number
  readonly namespaceParallelism: number
  /** How long a new workflow waits before it is first looked at; absent: not at all. */
  readonly initialDelayMs?: number
  /** At which rate pods are made; absent: no limit. */
  readonly podRate?: RateLimit | undefined
  /** Once set, a missing number is 0: delete all of that phase. `null`: keep everything. */
  readonly retention: { readonly completed?: number; readonly failed?: number; readonly errored?: number } | null
  readonly capacity: CapacityConfig
  /** Where a manifest does not say: Argo's rule (`Always` for `latest`) or `IfNotPresent` throughout. */
  readonly pullPolicy: 'Argo' | 'IfNotPresent'
  readonly plugins: readonly PluginConfig[]
  /** Whether executor plugins that lie as ConfigMaps are run as containers. */
  readonly executorPlugins: boolean
  readonly artifactDrivers: readonly ArtifactDriverConfig[]
  /** Where sockets of artifact drivers live; of the machine that the engine runs on. */
  readonly driverDirectory: string
  /** How many changes a watch may lag behind. */
  readonly watchRingSize: number
  readonly progressPollMs: number
  /** How often cron workflows look at their children. */
  readonly cronSyncMs: number
  /** Whether `syncLimit` may set limits of database locks. */
  readonly databaseSyncLimits: boolean
  /** What a manifest may ask of the host, as admission reads it. */
  readonly policy: SecurityPolicy
  /** Namespace of manifests that name none. */
  readonly defaultNamespace: string
  /** Finished runs kept in memory for readers. */
  readonly finishedKept: number
  /** When finished workflows leave the hot tables, and what the archive keeps; absent: nothing is archived. */
  readonly archive?: ArchiveConfig
  /** Entries of a workflow's history that are kept; absent: `defaultHistory`. */
  readonly history?: HistoryConfig
  /** How long lists of nodes are stored; absent: `defaultLongLists`. */
  readonly longLists?: LongListConfig
}

export const defaultCapacity: CapacityConfig = { cpus: null, memoryBytes: null, containersMax: 500, oversized: 'wait' }
