/** A container and its siblings with the same fields. */
import { EnvFromSourceSchema, EnvVarSchema } from './env.ts'
import { LifecycleSchema, ProbeSchema } from './probe.ts'
import { type Static, bool, choice, int32, kubernetesObject, list, map, object, quantity, text } from './schema.ts'
import { SecurityContextSchema } from './security-context.ts'

export const ContainerPortSchema = kubernetesObject(
  'ContainerPort',
  { name: text(), hostPort: int32(), containerPort: int32(), protocol: text(), hostIP: text() },
  ['containerPort'],
)
export type ContainerPort = Static<typeof ContainerPortSchema>

export const ContainerResizePolicySchema = kubernetesObject(
  'ContainerResizePolicy',
  { resourceName: text(), restartPolicy: text() },
  ['resourceName', 'restartPolicy'],
)
export type ContainerResizePolicy = Static<typeof ContainerResizePolicySchema>

export const ContainerRestartRuleOnExitCodesSchema = kubernetesObject(
  'ContainerRestartRuleOnExitCodes',
  { operator: text(), values: list(int32()) },
  ['operator'],
)
export type ContainerRestartRuleOnExitCodes = Static<typeof ContainerRestartRuleOnExitCodesSchema>

export const ContainerRestartRuleSchema = kubernetesObject(
  'ContainerRestartRule',
  { action: text(), exitCodes: ContainerRestartRuleOnExitCodesSchema },
  ['action'],
)
export type ContainerRestartRule = Static<typeof ContainerRestartRuleSchema>

export const ResourceClaimSchema = kubernetesObject('ResourceClaim', { name: text(), request: text() }, ['name'])
export type ResourceClaim = Static<typeof ResourceClaimSchema>

export const ResourceRequirementsSchema = kubernetesObject('ResourceRequirements', {
  limits: map(quantity()),
  requests: map(quantity()),
  claims: list(ResourceClaimSchema),
})
export type ResourceRequirements = Static<typeof ResourceRequirementsSchema>

export const VolumeDeviceSchema = kubernetesObject('VolumeDevice', { name: text(), devicePath: text() }, [
  'name',
  'devicePath',
])
export type VolumeDevice = Static<typeof VolumeDeviceSchema>

export const VolumeMountSchema = kubernetesObject(
  'VolumeMount',
  {
    name: text(),
    readOnly: bool(),
    recursiveReadOnly: text(),
    mountPath: text(),
    subPath: text(),
    mountPropagation: text(),
    subPathExpr: text(),
  },
  ['name', 'mountPath'],
)
export type VolumeMount = Static<typeof VolumeMountSchema>

/** The fields of Container, also for the types that embed it. */
export const containerFields = {
  name: text(),
  image: text('The image to run.'),
  command: list(text(), 'Program and first arguments; the image’s own if absent.'),
  args: list(text(), 'Arguments for the command.'),
  workingDir: text('Folder in which the command starts.'),
  ports: list(ContainerPortSchema),
  envFrom: list(EnvFromSourceSchema, 'Environment variables from whole ConfigMaps and Secrets.'),
  env: list(EnvVarSchema, 'Environment variables.'),
  resources: ResourceRequirementsSchema,
  resizePolicy: list(ContainerResizePolicySchema),
  restartPolicy: text(),
  restartPolicyRules: list(ContainerRestartRuleSchema),
  volumeMounts: list(VolumeMountSchema, 'Where volumes appear.'),
  volumeDevices: list(VolumeDeviceSchema),
  livenessProbe: ProbeSchema,
  readinessProbe: ProbeSchema,
  startupProbe: ProbeSchema,
  lifecycle: LifecycleSchema,
  terminationMessagePath: text(),
  terminationMessagePolicy: text(),
  imagePullPolicy: choice(['Always', 'IfNotPresent', 'Never'], 'When to pull the image.'),
  securityContext: SecurityContextSchema,
  stdin: bool(),
  stdinOnce: bool(),
  tty: bool(),
}

export const ContainerSchema = kubernetesObject('Container', containerFields)
export type Container = Static<typeof ContainerSchema>

export const UserContainerSchema = object('UserContainer', { ...containerFields, mirrorVolumeMounts: bool() }, ['name'])
export type UserContainer = Static<typeof UserContainerSchema>
