/** What a process may do and as whom it runs. */
import { type Static, bool, int64, kubernetesObject, list, text } from './schema.ts'

export const CapabilitiesSchema = kubernetesObject('Capabilities', { add: list(text()), drop: list(text()) })
export type Capabilities = Static<typeof CapabilitiesSchema>

export const SELinuxOptionsSchema = kubernetesObject('SELinuxOptions', {
  user: text(),
  role: text(),
  type: text(),
  level: text(),
})
export type SELinuxOptions = Static<typeof SELinuxOptionsSchema>

export const SeccompProfileSchema = kubernetesObject('SeccompProfile', { type: text(), localhostProfile: text() }, [
  'type',
])
export type SeccompProfile = Static<typeof SeccompProfileSchema>

export const AppArmorProfileSchema = kubernetesObject('AppArmorProfile', { type: text(), localhostProfile: text() }, [
  'type',
])
export type AppArmorProfile = Static<typeof AppArmorProfileSchema>

export const WindowsSecurityContextOptionsSchema = kubernetesObject('WindowsSecurityContextOptions', {
  gmsaCredentialSpecName: text(),
  gmsaCredentialSpec: text(),
  runAsUserName: text(),
  hostProcess: bool(),
})
export type WindowsSecurityContextOptions = Static<typeof WindowsSecurityContextOptionsSchema>

export const SecurityContextSchema = kubernetesObject('SecurityContext', {
  capabilities: CapabilitiesSchema,
  privileged: bool(),
  seLinuxOptions: SELinuxOptionsSchema,
  windowsOptions: WindowsSecurityContextOptionsSchema,
  runAsUser: int64(),
  runAsGroup: int64(),
  runAsNonRoot: bool(),
  readOnlyRootFilesystem: bool(),
  allowPrivilegeEscalation: bool(),
  procMount: text(),
  seccompProfile: SeccompProfileSchema,
  appArmorProfile: AppArmorProfileSchema,
})
export type SecurityContext = Static<typeof SecurityContextSchema>

export const SysctlSchema = kubernetesObject('Sysctl', { name: text(), value: text() }, ['name', 'value'])
export type Sysctl = Static<typeof SysctlSchema>

export const PodSecurityContextSchema = kubernetesObject('PodSecurityContext', {
  seLinuxOptions: SELinuxOptionsSchema,
  windowsOptions: WindowsSecurityContextOptionsSchema,
  runAsUser: int64(),
  runAsGroup: int64(),
  runAsNonRoot: bool(),
  supplementalGroups: list(int64()),
  supplementalGroupsPolicy: text(),
  fsGroup: int64(),
  sysctls: list(SysctlSchema),
  fsGroupChangePolicy: text(),
  seccompProfile: SeccompProfileSchema,
  appArmorProfile: AppArmorProfileSchema,
  seLinuxChangePolicy: text(),
})
export type PodSecurityContext = Static<typeof PodSecurityContextSchema>
