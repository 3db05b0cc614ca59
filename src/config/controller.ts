/** What the controller takes of the Config. */
import { join } from 'node:path'
import type { ControllerConfig } from '../controller/config.ts'
import type { Config, Policy } from './config.ts'

/**
 * @param plugins with their tokens, read by the caller
 * @param hostName `hostNodeName` of the nodes
 * @param storages names of artifact storages that are modules of this process
 */
export function controllerConfigOf(
  config: Config,
  {
    plugins,
    hostName,
    storages = [],
  }: {
    readonly plugins: ControllerConfig['plugins']
    readonly hostName: string
    readonly storages?: readonly string[]
  },
): ControllerConfig {
  const { argo } = config
  return {
    engine: {
      workflowDefaults: argo.workflowDefaults as ControllerConfig['engine']['workflowDefaults'],
      artifactRepository: artifactRepositoryOf(config),
      mainContainer: argo.mainContainer,
      images: argo.images,
      controllerNamespace: config.namespace,
      timezone: config.timezone,
      podNameFormat: 'v2',
      podGCDeleteDelayMs: config.podGCDeleteDelayMs,
      killGraceMs: argo.podGCGracePeriodSeconds === undefined ? undefined : argo.podGCGracePeriodSeconds * 1000,
      templateReferencing: argo.workflowRestrictions?.templateReferencing,
      instanceId: argo.instanceID,
      hostNodeName: hostName,
      heededFields: heededFieldsOf(config),
      workflowPlugins: config.executorPlugins.workflowLevel,
      artifactDrivers: [...(argo.artifactDrivers ?? []).map(({ name }) => name), ...storages],
    },
    parallelism: argo.parallelism ?? 0,
    namespaceParallelism: argo.namespaceParallelism ?? 0,
    initialDelayMs: config.initialDelayMs,
    podRate: argo.resourceRateLimit,
    retention: argo.retentionPolicy ?? null,
    capacity: config.capacity,
    pullPolicy: config.docker.pullPolicy,
    plugins,
    executorPlugins: config.executorPlugins.enabled,
    artifactDrivers: argo.artifactDrivers ?? [],
    driverDirectory: join(config.dataDir, 'artifact-drivers'),
    watchRingSize: config.watchRingSize,
    progressPollMs: 3000,
    cronSyncMs: 10_000,
    databaseSyncLimits: argo.synchronization?.enableAPI ?? false,
    policy: policyOf(config.policy),
    defaultNamespace: config.namespace,
    finishedKept: config.finishedKept,
    archive: config.archive,
    history: config.history,
  }
}

/** What chooses among several hosts is no longer ignored. */
const heededFieldsOf = ({ docker, runtime }: Config): readonly string[] => {
  if (docker.endpoints.length > 0) return ['nodeSelector', 'affinity']
  return runtime === 'swarm' ? ['nodeSelector'] : []
}

/** Without a repository of Argo's, artifacts go to the built-in store: a bucket without a name. */
function artifactRepositoryOf({
  argo: { artifactRepository },
}: Config): ControllerConfig['engine']['artifactRepository'] {
  const kinds = ['s3', 'gcs', 'azure', 'oss', 'artifactory', 'hdfs', 'plugin'] as const
  if (artifactRepository !== undefined && kinds.some((kind) => artifactRepository[kind] !== undefined))
    return artifactRepository
  return { archiveLogs: artifactRepository?.archiveLogs ?? false, s3: {} }
}

function policyOf(policy: Policy): ControllerConfig['policy'] {
  return {
    allowPrivileged: policy.privileged,
    allowedCapabilities: policy.capabilities,
    allowHostNamespaces: policy.hostNamespaces,
    allowDevices: policy.devices,
    allowedHostPaths: policy.hostPaths,
  }
}
