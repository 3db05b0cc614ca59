/**
 * What Drydock makes of each field, written down once a type: a type that embeds another is judged where it is defined.
 * A field that is ignored or refused needs no verdict on what lies below it. Tests hold the list against the schemas.
 */

export type TypeVerdicts = {
  /** Names, separated by blanks, of the fields that do what they do under Argo. */
  readonly works: string
  /** Field → how it differs. */
  readonly differs?: Readonly<Record<string, string>>
  /** Field → why nothing comes of it; said in the condition `SpecWarning` of a workflow that sets it. */
  readonly ignored?: Readonly<Record<string, string>>
  /** Field → what happens to a manifest that sets it. */
  readonly refused?: Readonly<Record<string, string>>
}

const oneHost = 'there is one host; nothing is scheduled'
const endpoints = `${oneHost}; with \`docker.endpoints\` it picks among them, as in Kubernetes, and is not warned of`
const selector = `${endpoints}; with \`runtime: swarm\` it is a placement constraint`
const noAccounts = 'there are no service accounts'
const noPod = 'Drydock does it itself, without a pod'
const notOnDocker = 'Docker has nothing like it'
const unmountable = 'no such volume on Docker: the node ends in Error'
const otherBucket =
  'with a bucket (container, address) of its own the node ends in Error; a key alone means the local repository'
const accountName = 'a name that expressions and the downward API show; no rights come with it'
const kept = 'kept and shown; nothing reads it'
const noQuota = 'a Docker volume has no quota: checked and shown, not enforced'

const containerWorks =
  'name image command args workingDir ports envFrom env resources volumeMounts livenessProbe readinessProbe startupProbe lifecycle imagePullPolicy securityContext stdin tty'
const containerIgnored = {
  resizePolicy: notOnDocker,
  restartPolicy:
    'a container of a pod runs once; an init container with `Always` is not a sidecar here: use `sidecars`',
  restartPolicyRules: 'a container of a pod runs once',
  terminationMessagePath: 'messages come from the exit and the log',
  terminationMessagePolicy: 'messages come from the exit and the log',
  stdinOnce: 'nobody attaches',
}
const containerRefused = { volumeDevices: 'rule `device`; nothing maps a block device' }
const patched =
  'of the pod, what Drydock’s own fields give has an effect (containers, volumes, securityContext, hostAliases, dnsConfig, imagePullSecrets) and `hostname` and `terminationGracePeriodSeconds`; a patch of anything else (tolerations, dnsPolicy, ephemeralContainers, shareProcessNamespace …) has none, and no condition says so'
const container: TypeVerdicts = { works: containerWorks, ignored: containerIgnored, refused: containerRefused }

const artifactWorks =
  'name path mode from archiveLogs s3 git http artifactory raw plugin globalName archive optional subPath recurseMode fromExpression artifactGC deleted'
const otherStores = {
  hdfs: otherBucket,
  oss: otherBucket,
  gcs: otherBucket,
  azure: otherBucket,
}
const artifact: TypeVerdicts = { works: artifactWorks, refused: otherStores }

const s3Works =
  'endpoint bucket region insecure accessKeySecret secretKeySecret sessionTokenSecret useSDKCreds createBucketIfNotPresent encryptionOptions caSecret addressingStyle'

const s3Refused = { roleARN: 'no role is assumed: the node ends in Error' }

const object: TypeVerdicts = { works: 'kind apiVersion metadata spec' }
const everyVolume =
  'gcePersistentDisk awsElasticBlockStore gitRepo nfs iscsi glusterfs rbd flexVolume cinder cephfs flocker fc azureFile vsphereVolume quobyte azureDisk photonPersistentDisk portworxVolume scaleIO storageos csi image'

export const verdicts: Readonly<Record<string, TypeVerdicts>> = {
  // --- kinds
  'kind Workflow': { works: 'kind apiVersion metadata spec status' },
  'kind WorkflowTemplate': object,
  'kind ClusterWorkflowTemplate': object,
  'kind CronWorkflow': { works: 'kind apiVersion metadata spec status' },
  'kind WorkflowEventBinding': object,
  'kind ConfigMap': {
    works: 'kind apiVersion metadata data binaryData',
    differs: { immutable: kept },
  },
  'kind Secret': {
    works: 'kind apiVersion metadata data stringData',
    differs: { immutable: kept, type: kept },
  },
  'kind PersistentVolumeClaim': {
    works: 'kind apiVersion metadata spec status',
  },

  // --- metadata
  ObjectMeta: {
    works: 'name generateName namespace uid creationTimestamp labels annotations ownerReferences',
    differs: {
      resourceVersion: 'set by Drydock, grows with each change; a stale one is a conflict for stored objects',
      generation: 'set by Drydock for stored objects',
      deletionTimestamp: 'set by Drydock while an object is being deleted; not taken from a manifest',
      deletionGracePeriodSeconds: kept,
      finalizers: 'kept and shown; Drydock finishes its own work before an object goes, and waits for nobody else',
      selfLink: 'dropped, as in Kubernetes',
      managedFields: 'dropped',
    },
  },
  OwnerReference: { works: 'apiVersion kind name uid controller', differs: { blockOwnerDeletion: kept } },
  Metadata: { works: 'labels annotations' },
  LabelSelector: { works: 'matchLabels matchExpressions' },
  LabelSelectorRequirement: { works: 'key operator values' },
  LocalObjectReference: { works: 'name' },
  ObjectReference: { works: 'kind namespace name uid apiVersion resourceVersion fieldPath' },
  SecretKeySelector: { works: 'name key optional' },
  ConfigMapKeySelector: { works: 'name key optional' },

  // --- the specs
  WorkflowSpec: {
    works:
      'templates entrypoint arguments volumes volumeClaimTemplates parallelism artifactRepositoryRef suspend imagePullSecrets onExit ttlStrategy activeDeadlineSeconds priority podGC hostAliases securityContext metrics shutdown workflowTemplateRef synchronization volumeClaimGC retryStrategy podMetadata templateDefaults archiveLogs hooks workflowMetadata artifactGC dnsConfig',
    differs: {
      executorPlugins:
        'off unless allowed (setting `executorPlugins.workflowLevel`), as in Argo; the daemon does the agent’s work and asks the plugin at the address of its pod, so one that listens on 127.0.0.1 alone is not reached',
      podSpecPatch: patched,
      serviceAccountName: accountName,
      hostNetwork: 'refused (rule `host-namespace`) unless `security.allowHostNamespaces`',
    },
    ignored: {
      automountServiceAccountToken: noAccounts,
      executor: noAccounts,
      nodeSelector: selector,
      affinity: endpoints,
      tolerations: oneHost,
      schedulerName: oneHost,
      podPriorityClassName: `${oneHost}; \`priority\` orders pods that wait for room`,
      podDisruptionBudget: oneHost,
      dnsPolicy: 'a sandbox resolves names as Docker does; `dnsConfig` and `hostAliases` work',
      podResources: 'limits and requests are those of each container',
      resourceClaims: notOnDocker,
    },
  },
  ExecutorPlugin: { works: 'metadata spec' },
  ExecutorPluginSpec: { works: 'sidecar' },
  ExecutorPluginSidecar: { works: 'container', ignored: { automountServiceAccountToken: noAccounts } },
  PluginArtifact: { works: 'name configuration connectionTimeoutSeconds key' },
  PluginArtifactRepository: { works: 'name keyFormat configuration' },
  Template: {
    works:
      'name inputs outputs metadata daemon steps container containerSet script dag suspend data http plugin volumes initContainers sidecars archiveLocation activeDeadlineSeconds retryStrategy parallelism failFast hostAliases securityContext metrics synchronization memoize timeout annotations pendingTimeout',
    differs: {
      resource: 'the objects are Drydock’s own: workflows, templates, cron workflows, ConfigMaps, Secrets and claims',
      podSpecPatch: patched,
      serviceAccountName: accountName,
    },
    ignored: {
      nodeSelector: selector,
      affinity: endpoints,
      tolerations: oneHost,
      schedulerName: oneHost,
      priorityClassName: oneHost,
      automountServiceAccountToken: noAccounts,
      executor: noAccounts,
      podResources: 'limits and requests are those of each container',
      resourceClaims: notOnDocker,
    },
  },
  CronWorkflowSpec: {
    works:
      'workflowSpec concurrencyPolicy suspend startingDeadlineSeconds successfulJobsHistoryLimit failedJobsHistoryLimit timezone workflowMetadata stopStrategy schedules when',
  },
  StopStrategy: { works: 'expression' },
  WorkflowEventBindingSpec: { works: 'event submit' },
  Event: { works: 'selector' },
  Submit: { works: 'workflowTemplateRef metadata arguments' },
  WorkflowTemplateRef: { works: 'name clusterScope' },
  TemplateRef: { works: 'name template clusterScope' },
  WorkflowMetadata: { works: 'labels annotations labelsFrom' },
  LabelValueFrom: { works: 'expression' },
  TTLStrategy: { works: 'secondsAfterCompletion secondsAfterSuccess secondsAfterFailure' },
  PodGC: {
    works: 'labelSelector deleteDelayDuration',
    differs: { strategy: 'without one, containers go with their pod’s end all the same; the logs are kept' },
  },
  VolumeClaimGC: { works: 'strategy' },
  ArtifactRepositoryRef: { works: 'configMap key' },
  WorkflowLevelArtifactGC: {
    works: 'strategy',
    ignored: {
      podMetadata: noPod,
      serviceAccountName: noPod,
      forceFinalizerRemoval: 'a workflow is never kept back by an artifact that cannot be deleted',
      podSpecPatch: noPod,
    },
  },

  // --- steps, tasks, hooks
  WorkflowStep: {
    works: 'name template inline arguments templateRef withItems withParam withSequence when continueOn onExit hooks',
  },
  DAGTemplate: { works: 'target tasks failFast' },
  DAGTask: {
    works:
      'name template inline arguments templateRef dependencies withItems withParam withSequence when continueOn onExit depends hooks',
  },
  Sequence: { works: 'count start end format' },
  ContinueOn: { works: 'error failed' },
  LifecycleHook: { works: 'template arguments templateRef expression' },
  RetryStrategy: {
    works: 'limit retryPolicy backoff expression',
    ignored: { affinity: endpoints },
  },
  Backoff: { works: 'duration factor maxDuration cap' },
  Synchronization: { works: 'semaphores mutexes' },
  SemaphoreRef: { works: 'configMapKeyRef namespace database' },
  SyncDatabaseRef: { works: 'key' },
  Mutex: { works: 'name namespace database' },
  Memoize: { works: 'key cache maxAge' },
  Cache: { works: 'configMap' },
  Metrics: { works: 'prometheus' },
  Prometheus: { works: 'name labels help when gauge histogram counter' },
  MetricLabel: { works: 'key value' },
  Gauge: { works: 'value realtime operation' },
  Histogram: { works: 'value buckets' },
  Counter: { works: 'value' },

  // --- parameters and artifacts
  Arguments: { works: 'parameters artifacts' },
  Inputs: { works: 'parameters artifacts' },
  Outputs: { works: 'parameters artifacts result exitCode' },
  Parameter: { works: 'name default value valueFrom globalName enum description' },
  ValueFrom: { works: 'path jsonPath jqFilter event parameter supplied configMapKeyRef default expression' },
  SuppliedValueFrom: { works: '' },
  Artifact: artifact,
  ArtifactPaths: artifact,
  ArtifactLocation: { works: 'archiveLogs s3 git http artifactory raw plugin', refused: otherStores },
  ArchiveStrategy: { works: 'tar none zip' },
  TarStrategy: { works: 'compressionLevel' },
  NoneStrategy: { works: '' },
  ZipStrategy: { works: '' },
  ArtifactGC: { works: 'strategy', ignored: { podMetadata: noPod, serviceAccountName: noPod } },
  S3Artifact: { works: `${s3Works} key`, refused: s3Refused },
  CreateS3BucketOptions: { works: 'objectLocking' },
  S3EncryptionOptions: {
    works: 'kmsKeyId kmsEncryptionContext enableEncryption serverSideCustomerKeySecret',
  },
  GitArtifact: {
    works:
      'repo revision depth fetch usernameSecret passwordSecret sshPrivateKeySecret insecureIgnoreHostKey disableSubmodules singleBranch branch insecureSkipTLS',
  },
  HTTPArtifact: {
    works: 'url headers auth',
    differs: { saveStreamViaFile: 'what is sent goes over a file whenever its length must be known' },
  },
  Header: { works: 'name value' },
  HTTPAuth: { works: 'clientCert oauth2 basicAuth' },
  ClientCertAuth: { works: 'clientCertSecret clientKeySecret' },
  OAuth2Auth: { works: 'clientIDSecret clientSecretSecret tokenURLSecret scopes endpointParams' },
  OAuth2EndpointParam: { works: 'key value' },
  BasicAuth: { works: 'usernameSecret passwordSecret' },
  ArtifactoryArtifact: { works: 'url usernameSecret passwordSecret' },
  RawArtifact: { works: 'data' },

  // --- other template types
  ContainerSetTemplate: { works: 'containers volumeMounts retryStrategy' },
  ContainerSetRetryStrategy: { works: 'duration retries' },
  SuspendTemplate: { works: 'duration' },
  Data: { works: 'source transformation' },
  DataSource: { works: 'artifactPaths' },
  TransformationStep: { works: 'expression' },
  HTTP: { works: 'method url headers timeoutSeconds successCondition body bodyFrom insecureSkipVerify' },
  HTTPHeader: { works: 'name value valueFrom' },
  HTTPHeaderSource: { works: 'secretKeyRef' },
  HTTPBodySource: { works: 'bytes' },
  ResourceTemplate: {
    works: 'action manifest manifestFrom setOwnerReference successCondition failureCondition',
    differs: {
      mergeStrategy: '`json` is a JSON patch; `merge` and `strategic` are both a merge patch',
      flags: 'those that name objects (`-n`, `-l`, names) count; the others are passed over',
    },
  },
  ManifestFrom: { works: 'artifact' },

  // --- containers
  Container: container,
  UserContainer: { ...container, works: `${containerWorks} mirrorVolumeMounts` },
  ScriptTemplate: { ...container, works: `${containerWorks} source` },
  ContainerNode: { ...container, works: `${containerWorks} dependencies` },
  ContainerPort: {
    works: 'name containerPort protocol',
    differs: { hostPort: 'published on every address of the host' },
    ignored: { hostIP: '`hostPort` is published on every address' },
  },
  EnvFromSource: { works: 'prefix configMapRef secretRef' },
  ConfigMapEnvSource: { works: 'name optional' },
  SecretEnvSource: { works: 'name optional' },
  EnvVar: { works: 'name value valueFrom' },
  EnvVarSource: {
    works: 'fieldRef resourceFieldRef configMapKeyRef secretKeyRef',
    ignored: { fileKeyRef: 'the variable is empty' },
  },
  ObjectFieldSelector: {
    works: 'apiVersion',
    differs: { fieldPath: '`status.podIP` and `status.hostIP` are 127.0.0.1' },
  },
  ResourceFieldSelector: { works: 'containerName resource divisor' },
  ResourceRequirements: {
    works: '',
    differs: {
      limits: 'cpu, memory (6 MiB at least) and nvidia.com/gpu; other names have no effect',
      requests: 'cpu and memory count for admission to the host; cpu also as Docker’s CPU shares',
    },
    ignored: { claims: notOnDocker },
  },
  VolumeMount: {
    works: 'name readOnly mountPath subPath subPathExpr',
    ignored: { recursiveReadOnly: notOnDocker, mountPropagation: 'mounts are private' },
  },
  Probe: {
    works: 'exec httpGet tcpSocket initialDelaySeconds timeoutSeconds periodSeconds successThreshold failureThreshold',
    differs: { grpc: 'a TCP connection to the port is enough' },
    ignored: { terminationGracePeriodSeconds: 'the pod’s own counts' },
  },
  ExecAction: { works: 'command' },
  HTTPGetAction: { works: 'path port host httpHeaders', differs: { scheme: 'HTTPS certificates are not checked' } },
  ProbeHTTPHeader: { works: 'name value' },
  TCPSocketAction: { works: 'port host' },
  GRPCAction: { works: 'port', ignored: { service: 'a TCP connection to the port is enough' } },
  Lifecycle: { works: 'postStart preStop stopSignal' },
  LifecycleHandler: {
    works: 'exec httpGet tcpSocket',
    differs: { sleep: 'runs `sleep` of the container’s own image' },
  },
  SleepAction: { works: 'seconds' },
  SecurityContext: {
    works: 'runAsUser runAsGroup runAsNonRoot readOnlyRootFilesystem allowPrivilegeEscalation',
    differs: {
      privileged: 'refused (rule `privileged`) unless `security.allowPrivileged`',
      capabilities:
        '`add` is refused (rule `capability`) unless `security.allowedCapabilities` names them; `drop` works',
    },
    ignored: {
      seLinuxOptions: 'Docker’s own profile holds',
      windowsOptions: 'Linux only',
      procMount: 'Docker’s default',
      seccompProfile: 'Docker’s default profile holds',
      appArmorProfile: 'Docker’s default profile holds',
    },
  },
  Capabilities: { works: 'add drop' },
  PodSecurityContext: {
    works: 'runAsUser runAsGroup runAsNonRoot supplementalGroups fsGroup sysctls',
    ignored: {
      seLinuxOptions: 'Docker’s own profile holds',
      windowsOptions: 'Linux only',
      supplementalGroupsPolicy: 'groups are those given and the image’s',
      fsGroupChangePolicy: 'volumes belong to the group from their making on',
      seccompProfile: 'Docker’s default profile holds',
      appArmorProfile: 'Docker’s default profile holds',
      seLinuxChangePolicy: notOnDocker,
    },
  },
  Sysctl: { works: 'name value' },
  HostAlias: { works: 'ip hostnames' },
  PodDNSConfig: { works: 'nameservers searches options' },
  PodDNSConfigOption: { works: 'name value' },

  // --- volumes
  Volume: {
    works: 'name emptyDir secret persistentVolumeClaim downwardAPI configMap projected',
    differs: {
      hostPath: 'refused (rule `host-path`) unless `security.allowedHostPaths` names a folder above it',
      ephemeral: 'an empty volume that lives as long as the pod',
    },
    refused: Object.fromEntries(everyVolume.split(' ').map((kind) => [kind, unmountable])),
  },
  HostPathVolumeSource: {
    works: 'path',
    differs: { type: 'decides whether a missing folder is made; sockets and devices are not told apart' },
  },
  EmptyDirVolumeSource: {
    works: '',
    differs: {
      medium: '`Memory` is a tmpfs; another word means the disk',
      sizeLimit: 'holds for `medium: Memory`; on the disk there is no limit',
    },
  },
  SecretVolumeSource: { works: 'secretName items defaultMode optional' },
  ConfigMapVolumeSource: { works: 'name items defaultMode optional' },
  KeyToPath: { works: 'key path mode' },
  PersistentVolumeClaimVolumeSource: { works: 'claimName readOnly' },
  DownwardAPIVolumeSource: { works: 'items defaultMode' },
  DownwardAPIVolumeFile: { works: 'path fieldRef resourceFieldRef mode' },
  ProjectedVolumeSource: { works: 'sources defaultMode' },
  VolumeProjection: {
    works: 'secret downwardAPI configMap',
    ignored: {
      serviceAccountToken: noAccounts,
      clusterTrustBundle: 'there is no cluster',
      podCertificate: 'there is no cluster',
    },
  },
  SecretProjection: { works: 'name items optional' },
  ConfigMapProjection: { works: 'name items optional' },
  DownwardAPIProjection: { works: 'items' },
  EphemeralVolumeSource: {
    works: '',
    differs: { volumeClaimTemplate: 'an empty volume; what it asks for has no effect' },
  },
  PersistentVolumeClaim: { works: 'kind apiVersion metadata spec status' },
  PersistentVolumeClaimTemplate: { works: 'metadata spec' },
  PersistentVolumeClaimSpec: {
    works: 'accessModes',
    differs: { resources: noQuota },
    ignored: {
      selector: 'a claim is always a new Docker volume',
      volumeName: 'a claim is always a new Docker volume',
      storageClassName: 'volumes are of Docker’s local driver',
      volumeMode: 'always a filesystem',
      dataSource: 'a claim begins empty',
      dataSourceRef: 'a claim begins empty',
      volumeAttributesClassName: notOnDocker,
    },
  },
  VolumeResourceRequirements: { works: '', differs: { limits: noQuota, requests: noQuota } },

  // --- status: written by Drydock
  WorkflowStatus: {
    works:
      'phase startedAt finishedAt estimatedDuration progress message nodes storedTemplates persistentVolumeClaims outputs conditions resourcesDuration storedWorkflowTemplateSpec synchronization artifactRepositoryRef',
    differs: {
      compressedNodes: 'never set: nodes have rows of their own',
      offloadNodeStatusVersion: 'never set: nodes have rows of their own',
      artifactGCStatus: 'never set: artifacts are deleted without pods',
      taskResultsCompletionStatus: 'never set: see `taskResultSynced` of the nodes',
    },
  },
  NodeStatus: {
    works:
      'id name displayName type templateName templateRef templateScope phase boundaryID message startedAt finishedAt estimatedDuration progress resourcesDuration podIP daemoned nodeFlag inputs outputs children outboundNodes memoizationStatus synchronizationStatus taskResultSynced',
    differs: {
      hostNodeName: 'the name of this host',
      failedPodRestarts: 'never set',
      restartingPodUID: 'never set',
    },
  },
  NodeFlag: { works: 'hooked retried' },
  MemoizationStatus: { works: 'hit key cacheName' },
  NodeSynchronizationStatus: { works: 'waiting' },
  Condition: { works: 'type message status' },
  SynchronizationStatus: { works: 'semaphore mutex' },
  SemaphoreStatus: { works: 'holding waiting' },
  SemaphoreHolding: { works: 'semaphore holders' },
  MutexStatus: { works: 'holding waiting' },
  MutexHolding: { works: 'mutex holder' },
  ArtifactRepositoryRefStatus: { works: 'configMap key namespace default artifactRepository' },
  ArtifactRepository: { works: 'archiveLogs s3 artifactory plugin', refused: otherStores },
  S3ArtifactRepository: { works: `${s3Works} keyFormat keyPrefix`, refused: s3Refused },
  ArtifactoryArtifactRepository: { works: 'usernameSecret passwordSecret repoURL keyFormat' },
  ArtGCStatus: {
    works: '',
    differs: { strategiesProcessed: 'never set', podsRecouped: 'never set', notSpecified: 'never set' },
  },
  CronWorkflowStatus: { works: 'active lastScheduledTime conditions succeeded failed phase' },
  PersistentVolumeClaimStatus: {
    works: 'phase accessModes capacity',
    differs: {
      conditions: 'never set',
      allocatedResources: 'never set',
      allocatedResourceStatuses: 'never set',
      currentVolumeAttributesClassName: 'never set',
      modifyVolumeStatus: 'never set',
    },
  },
  PersistentVolumeClaimCondition: { works: 'type status lastProbeTime lastTransitionTime reason message' },
  ModifyVolumeStatus: { works: 'targetVolumeAttributesClassName status' },
}
