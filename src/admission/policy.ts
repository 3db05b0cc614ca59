/** What a manifest may ask of the host. By default nothing: each rule has a name and a setting that lifts it. */
import { posix } from 'node:path'
import type { Container, SecurityContext, Template, Volume, WorkflowSpec } from '../resources/index.ts'
import { type Path, type Problem, pathText } from './problem.ts'

export type SecurityPolicy = {
  readonly allowPrivileged: boolean
  /** Capabilities that may be added, without `CAP_`; `*` allows all. */
  readonly allowedCapabilities: readonly string[]
  /** The host's network, processes and IPC. */
  readonly allowHostNamespaces: boolean
  readonly allowDevices: boolean
  /** Folders of the host that may be mounted, with all below them. */
  readonly allowedHostPaths: readonly string[]
}

export const strictPolicy: SecurityPolicy = {
  allowPrivileged: false,
  allowedCapabilities: [],
  allowHostNamespaces: false,
  allowDevices: false,
  allowedHostPaths: [],
}

/** A problem with its place in the object. */
export type Breach = Problem & { readonly location: Path }

/** What of a pod's spec the policy looks at; also fits a patch of one. */
export type PolicedPod = {
  readonly hostNetwork?: boolean | undefined
  readonly hostPID?: boolean | undefined
  readonly hostIPC?: boolean | undefined
  readonly containers?: readonly PolicedContainer[] | undefined
  readonly initContainers?: readonly PolicedContainer[] | undefined
  readonly volumes?: readonly Volume[] | undefined
}
export type PolicedContainer = Pick<Container, 'securityContext' | 'volumeDevices'>

/** Every breach of the policy in a spec; tags are looked at again when the pod is made (`checkPodPolicy`). */
export function checkPolicy(spec: WorkflowSpec, policy: SecurityPolicy, at: Path = ['spec']): Breach[] {
  const problems = [...namespaceProblems(spec, policy, at), ...volumeProblems(spec.volumes, policy, [...at, 'volumes'])]
  const plugins = (spec.executorPlugins ?? []).flatMap(({ spec: { sidecar } }, index) =>
    containerProblems(sidecar.container, policy, [...at, 'executorPlugins', index, 'spec', 'sidecar', 'container']),
  )
  const defaults = spec.templateDefaults
    ? templateProblems(spec.templateDefaults, policy, [...at, 'templateDefaults'])
    : []
  const templates = (spec.templates ?? []).flatMap((template, index) =>
    templateProblems(template, policy, [...at, 'templates', index]),
  )
  return [...problems, ...plugins, ...defaults, ...templates]
}

/** The same for a pod as it will run, after all substitutions and patches. */
export function checkPodPolicy(pod: PolicedPod, policy: SecurityPolicy, at: Path = []): Breach[] {
  return [
    ...namespaceProblems(pod, policy, at),
    ...volumeProblems(pod.volumes, policy, [...at, 'volumes']),
    ...listProblems(pod.initContainers, policy, [...at, 'initContainers']),
    ...listProblems(pod.containers, policy, [...at, 'containers']),
  ]
}

function templateProblems(template: Template, policy: SecurityPolicy, at: Path): Breach[] {
  const { container, script, containerSet, initContainers, sidecars, volumes, steps, dag } = template
  const inline = [
    ...(steps ?? []).flatMap((group, i) =>
      group.map((step, j) => ({ ...step, path: [...at, 'steps', i, j, 'inline'] })),
    ),
    ...(dag?.tasks ?? []).map((task, i) => ({ ...task, path: [...at, 'dag', 'tasks', i, 'inline'] })),
  ]
  return [
    ...(container ? containerProblems(container, policy, [...at, 'container']) : []),
    ...(script ? containerProblems(script, policy, [...at, 'script']) : []),
    ...listProblems(containerSet?.containers, policy, [...at, 'containerSet', 'containers']),
    ...listProblems(initContainers, policy, [...at, 'initContainers']),
    ...listProblems(sidecars, policy, [...at, 'sidecars']),
    ...volumeProblems(volumes, policy, [...at, 'volumes']),
    ...inline.flatMap(({ inline: inner, path }) => (inner ? templateProblems(inner, policy, path) : [])),
  ]
}

const listProblems = (
  containers: readonly PolicedContainer[] | undefined,
  policy: SecurityPolicy,
  at: Path,
): Breach[] => (containers ?? []).flatMap((container, index) => containerProblems(container, policy, [...at, index]))

function refused(rule: string, message: string, at: Path, setting: string): Breach {
  return {
    location: at,
    rule,
    message: `${pathText(at)} ${message}`,
    path: pathText(at),
    hint: `allow it with \`security.${setting}\``,
  }
}

function namespaceProblems(
  pod: Pick<PolicedPod, 'hostNetwork' | 'hostPID' | 'hostIPC'>,
  policy: SecurityPolicy,
  at: Path,
): Breach[] {
  if (policy.allowHostNamespaces) return []
  return (['hostNetwork', 'hostPID', 'hostIPC'] as const)
    .filter((field) => pod[field] === true)
    .map((field) => refused('host-namespace', 'is not allowed', [...at, field], 'allowHostNamespaces'))
}

function containerProblems(container: PolicedContainer, policy: SecurityPolicy, at: Path): Breach[] {
  const devices = (container.volumeDevices ?? []).length > 0 && !policy.allowDevices
  return [
    ...contextProblems(container.securityContext, policy, [...at, 'securityContext']),
    ...(devices ? [refused('device', 'is not allowed', [...at, 'volumeDevices'], 'allowDevices')] : []),
  ]
}

function contextProblems(context: SecurityContext | undefined, policy: SecurityPolicy, at: Path): Breach[] {
  const privileged = context?.privileged === true && !policy.allowPrivileged
  const added = (context?.capabilities?.add ?? []).map((name, index) => ({ name, index }))
  return [
    ...(privileged ? [refused('privileged', 'is not allowed', [...at, 'privileged'], 'allowPrivileged')] : []),
    ...added
      .filter(({ name }) => !allowsCapability(policy, name))
      .map(({ name, index }) =>
        refused('capability', `${name} is not allowed`, [...at, 'capabilities', 'add', index], 'allowedCapabilities'),
      ),
  ]
}

const plainCapability = (name: string): string => name.toUpperCase().replace(/^CAP_/, '')

const allowsCapability = ({ allowedCapabilities }: SecurityPolicy, name: string): boolean =>
  allowedCapabilities.some((allowed) => allowed === '*' || plainCapability(allowed) === plainCapability(name))

function volumeProblems(volumes: readonly Volume[] | undefined, policy: SecurityPolicy, at: Path): Breach[] {
  return (volumes ?? []).flatMap(({ hostPath }, index) => {
    if (!hostPath || hostPath.path.includes('{{') || allowsHostPath(policy, hostPath.path)) return []
    return [
      refused('host-path', `${hostPath.path} is not allowed`, [...at, index, 'hostPath', 'path'], 'allowedHostPaths'),
    ]
  })
}

/** The path itself or one above it is on the list; `..` is worked out first. */
export function allowsHostPath({ allowedHostPaths }: Pick<SecurityPolicy, 'allowedHostPaths'>, path: string): boolean {
  if (!path.startsWith('/')) return false
  const wanted = withoutEnd(posix.normalize(path))
  return allowedHostPaths.some((allowed) => {
    const folder = withoutEnd(posix.normalize(allowed))
    return wanted === folder || wanted.startsWith(folder === '/' ? '/' : `${folder}/`)
  })
}

const withoutEnd = (path: string): string => (path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path)
