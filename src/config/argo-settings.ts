/** The keys of Argo's `workflow-controller-configmap`; those without a meaning on Docker are taken and named once. */
import Type from 'typebox'
import type { Static } from 'typebox'
import { ArtifactRepositorySchema, EnvVarSchema, LabelSelectorSchema } from '../resources/index.ts'
import { argoConnectionPool, argoPostgresql } from './store-settings.ts'

const closed = { additionalProperties: false }
const whole = () => Type.Optional(Type.Integer({ minimum: 0 }))
const text = () => Type.Optional(Type.String())
const flag = () => Type.Optional(Type.Boolean())
const anything = () => Type.Optional(Type.Unsafe<Record<string, unknown>>({ type: 'object' }))
const metricModifier = Type.Object(
  {
    disabled: flag(),
    disabledAttributes: Type.Optional(Type.Array(Type.String())),
    histogramBuckets: Type.Optional(Type.Array(Type.Number())),
  },
  closed,
)
const metricsConfig = Type.Object(
  {
    enabled: flag(),
    path: text(),
    port: Type.Optional(Type.Integer({ minimum: 0, maximum: 65_535 })),
    secure: flag(),
    ignoreErrors: flag(),
    metricsTTL: text(),
    modifiers: Type.Optional(
      Type.Unsafe<Record<string, Static<typeof metricModifier>>>({
        type: 'object',
        additionalProperties: metricModifier,
      }),
    ),
    temporality: text(),
    disableLegacy: flag(),
    options: anything(),
  },
  closed,
)
const link = Type.Object({ name: Type.String(), scope: Type.String(), url: Type.String(), target: text() }, closed)
const column = Type.Object(
  {
    name: Type.String(),
    type: Type.Unsafe<'label' | 'annotation'>({ type: 'string', enum: ['label', 'annotation'] }),
    key: Type.String(),
  },
  closed,
)

/** `env` is ours: there is no Kubernetes that a driver could ask for its Secrets. */
const artifactDriver = Type.Object(
  {
    name: Type.String({ pattern: '^[a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?$' }),
    image: Type.String({ minLength: 1 }),
    connectionTimeoutSeconds: whole(),
    env: Type.Optional(Type.Array(EnvVarSchema)),
  },
  closed,
)

export const argoSettings = {
  parallelism: whole(),
  namespaceParallelism: whole(),
  resourceRateLimit: Type.Optional(Type.Object({ limit: Type.Number(), burst: Type.Integer() }, closed)),
  initialDelay: text(),
  workflowDefaults: anything(),
  workflowRestrictions: Type.Optional(
    Type.Object(
      {
        templateReferencing: Type.Optional(
          Type.Unsafe<'Strict' | 'Secure'>({ type: 'string', enum: ['Strict', 'Secure'] }),
        ),
      },
      closed,
    ),
  ),
  retentionPolicy: Type.Optional(Type.Object({ completed: whole(), failed: whole(), errored: whole() }, closed)),
  failedPodRestart: Type.Optional(Type.Object({ enabled: flag(), maxRestarts: whole() }, closed)),
  podGCDeleteDelayDuration: text(),
  podGCGracePeriodSeconds: whole(),
  instanceID: text(),
  persistence: Type.Optional(
    Type.Object(
      {
        archive: flag(),
        archiveTTL: text(),
        archiveLabelSelector: Type.Optional(LabelSelectorSchema),
        nodeStatusOffLoad: flag(),
        clusterName: text(),
        skipMigration: flag(),
        postgresql: argoPostgresql,
        mysql: anything(),
        connectionPool: argoConnectionPool,
        connectionTimeoutSeconds: whole(),
        reconnectionConfig: anything(),
        dbReconnectConfig: anything(),
      },
      closed,
    ),
  ),
  synchronization: Type.Optional(
    Type.Unsafe<{ readonly enableAPI?: boolean }>({ type: 'object', properties: { enableAPI: { type: 'boolean' } } }),
  ),
  artifactRepository: Type.Optional(ArtifactRepositorySchema),
  artifactDrivers: Type.Optional(Type.Array(artifactDriver)),
  images: Type.Optional(
    Type.Unsafe<Record<string, { readonly entrypoint?: readonly string[]; readonly cmd?: readonly string[] }>>({
      type: 'object',
      additionalProperties: {
        type: 'object',
        properties: {
          entrypoint: { type: 'array', items: { type: 'string' } },
          cmd: { type: 'array', items: { type: 'string' } },
        },
        additionalProperties: false,
      },
    }),
  ),
  mainContainer: anything(),
  executor: anything(),
  links: Type.Optional(Type.Array(link)),
  columns: Type.Optional(Type.Array(column)),
  navColor: text(),
  sso: anything(),
  metricsConfig: Type.Optional(metricsConfig),
  telemetryConfig: Type.Optional(metricsConfig),
  nodeEvents: Type.Optional(Type.Object({ enabled: flag(), sendAsPod: flag() }, closed)),
  workflowEvents: Type.Optional(Type.Object({ enabled: flag() }, closed)),
  podSpecLogStrategy: Type.Optional(Type.Object({ failedPod: flag(), allPods: flag() }, closed)),
  kubeConfig: anything(),
  initlessPod: flag(),
  disableAgentPodCreation: flag(),
}

export const argoSettingsSchema = Type.Object(
  { ...argoSettings, namespace: text() },
  { ...closed, title: 'workflow-controller-configmap' },
)
export type ArgoSettings = Static<typeof argoSettingsSchema>

/** Why a key that is accepted changes nothing here. */
export const keysWithoutEffect: ReadonlyMap<string, string> = new Map([
  ['kubeConfig', 'there is no Kubernetes'],
  ['initlessPod', 'pods have no init container of the executor'],
  ['disableAgentPodCreation', 'there are no agent pods'],
  ['executor', 'there are no executor containers'],
  ['telemetryConfig', 'Argo reads it nowhere either'],
  ['failedPodRestart', 'a pod that did not start is tried again anyway, for as long as the reason may pass'],
])
