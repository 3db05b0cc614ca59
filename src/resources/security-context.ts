/** What a process may do and as whom it runs. */
import { type Static, bool, int64, list, object, text } from './schema.ts'

export const CapabilitiesSchema = object('Capabilities', {}, { add: list(text()), drop: list(text()) })
export type Capabilities = Static<typeof CapabilitiesSchema>

export const SELinuxOptionsSchema = object(
  'SELinuxOptions',
  {},
  { level: text(), role: text(), type: text(), user: text() },
)
export type SELinuxOptions = Static<typeof SELinuxOptionsSchema>

export const SeccompProfileSchema = object('SeccompProfile', { type: text() }, { localhostProfile: text() })
export type SeccompProfile = Static<typeof SeccompProfileSchema>

export const AppArmorProfileSchema = object('AppArmorProfile', { type: text() }, { localhostProfile: text() })
export type AppArmorProfile = Static<typeof AppArmorProfileSchema>

export const WindowsSecurityContextOptionsSchema = object(
  'WindowsSecurityContextOptions',
  {},
  { gmsaCredentialSpec: text(), gmsaCredentialSpecName: text(), hostProcess: bool(), runAsUserName: text() },
)
export type WindowsSecurityContextOptions = Static<typeof WindowsSecurityContextOptionsSchema>

export const SecurityContextSchema = object(
  'SecurityContext',
  {},
  {
    allowPrivilegeEscalation: bool(),
    appArmorProfile: AppArmorProfileSchema,
    capabilities: CapabilitiesSchema,
    privileged: bool(),
    procMount: text(),
    readOnlyRootFilesystem: bool(),
    runAsGroup: int64(),
    runAsNonRoot: bool(),
    runAsUser: int64(),
    seLinuxOptions: SELinuxOptionsSchema,
    seccompProfile: SeccompProfileSchema,
    windowsOptions: WindowsSecurityContextOptionsSchema,
  },
)
export type SecurityContext = Static<typeof SecurityContextSchema>

export const SysctlSchema = object('Sysctl', { name: text(), value: text() }, {})
export type Sysctl = Static<typeof SysctlSchema>

export const PodSecurityContextSchema = object(
  'PodSecurityContext',
  {},
  {
    appArmorProfile: AppArmorProfileSchema,
    fsGroup: int64(),
    fsGroupChangePolicy: text(),
    runAsGroup: int64(),
    runAsNonRoot: bool(),
    runAsUser: int64(),
    seLinuxChangePolicy: text(),
    seLinuxOptions: SELinuxOptionsSchema,
    seccompProfile: SeccompProfileSchema,
    supplementalGroups: list(int64()),
    supplementalGroupsPolicy: text(),
    sysctls: list(SysctlSchema),
    windowsOptions: WindowsSecurityContextOptionsSchema,
  },
)
export type PodSecurityContext = Static<typeof PodSecurityContextSchema>
