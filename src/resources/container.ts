/** A container and its siblings with the same fields. */
import { EnvFromSourceSchema, EnvVarSchema } from './env.ts'
import { LifecycleSchema, ProbeSchema } from './probe.ts'
import { type Static, bool, choice, int32, list, map, object, quantity, text } from './schema.ts'
import { SecurityContextSchema } from './security-context.ts'

export const ContainerPortSchema = object(
  'ContainerPort',
  { containerPort: int32() },
  { hostIP: text(), hostPort: int32(), name: text(), protocol: text() },
)
export type ContainerPort = Static<typeof ContainerPortSchema>

export const ContainerResizePolicySchema = object(
  'ContainerResizePolicy',
  { resourceName: text(), restartPolicy: text() },
  {},
)
export type ContainerResizePolicy = Static<typeof ContainerResizePolicySchema>

export const ContainerRestartRuleOnExitCodesSchema = object(
  'ContainerRestartRuleOnExitCodes',
  { operator: text() },
  { values: list(int32()) },
)
export type ContainerRestartRuleOnExitCodes = Static<typeof ContainerRestartRuleOnExitCodesSchema>

export const ContainerRestartRuleSchema = object(
  'ContainerRestartRule',
  { action: text() },
  { exitCodes: ContainerRestartRuleOnExitCodesSchema },
)
export type ContainerRestartRule = Static<typeof ContainerRestartRuleSchema>

export const ResourceClaimSchema = object('ResourceClaim', { name: text() }, { request: text() })
export type ResourceClaim = Static<typeof ResourceClaimSchema>

export const ResourceRequirementsSchema = object(
  'ResourceRequirements',
  {},
  { claims: list(ResourceClaimSchema), limits: map(quantity()), requests: map(quantity()) },
)
export type ResourceRequirements = Static<typeof ResourceRequirementsSchema>

export const VolumeDeviceSchema = object('VolumeDevice', { devicePath: text(), name: text() }, {})
export type VolumeDevice = Static<typeof VolumeDeviceSchema>

export const VolumeMountSchema = object(
  'VolumeMount',
  { mountPath: text(), name: text() },
  { mountPropagation: text(), readOnly: bool(), recursiveReadOnly: text(), subPath: text(), subPathExpr: text() },
)
export type VolumeMount = Static<typeof VolumeMountSchema>

/** The optional fields of Container, for the types that embed it. */
export const containerFields = {
  args: list(text(), 'Arguments for the command.'),
  command: list(text(), 'Program and first arguments; the image’s own if absent.'),
  env: list(EnvVarSchema, 'Environment variables.'),
  envFrom: list(EnvFromSourceSchema, 'Environment variables from whole ConfigMaps and Secrets.'),
  image: text('The image to run.'),
  imagePullPolicy: choice(['Always', 'IfNotPresent', 'Never'], 'When to pull the image.'),
  lifecycle: LifecycleSchema,
  livenessProbe: ProbeSchema,
  name: text(),
  ports: list(ContainerPortSchema),
  readinessProbe: ProbeSchema,
  resizePolicy: list(ContainerResizePolicySchema),
  resources: ResourceRequirementsSchema,
  restartPolicy: text(),
  restartPolicyRules: list(ContainerRestartRuleSchema),
  securityContext: SecurityContextSchema,
  startupProbe: ProbeSchema,
  stdin: bool(),
  stdinOnce: bool(),
  terminationMessagePath: text(),
  terminationMessagePolicy: text(),
  tty: bool(),
  volumeDevices: list(VolumeDeviceSchema),
  volumeMounts: list(VolumeMountSchema, 'Where volumes appear.'),
  workingDir: text('Folder in which the command starts.'),
}

export const ContainerSchema = object('Container', {}, { ...containerFields })
export type Container = Static<typeof ContainerSchema>

export const UserContainerSchema = object(
  'UserContainer',
  { name: text() },
  { ...containerFields, mirrorVolumeMounts: bool() },
)
export type UserContainer = Static<typeof UserContainerSchema>
