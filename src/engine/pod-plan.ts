/** Everything that is needed to run a pod, as one value: the engine's side of Argo's pod building (semantics-templates.md §2, §9.5, §10). */
import type { Container, Template, UserContainer, VolumeMount } from '../resources/index.ts'
import { workflowUid } from '../resources/index.ts'
import { parseGoDuration } from '../expressions/index.ts'
import { applyPodSpecPatch, containerMerge, strategicMerge } from '../admission/index.ts'
import type { Body } from './body.ts'
import type { KubernetesPodSpec, PodPlan } from './effects.ts'
import type { Outcome } from './outcome.ts'
import { bad, good } from './outcome.ts'
import { planArtifacts } from './pod-artifacts.ts'
import { volumesFor } from './pod-volumes.ts'
import { keepUnknown, renderOnce, renderString } from './substitution.ts'

const scriptPath = '/argo/staging/script'

/** @param limitMs milliseconds that `timeout` and maxDuration leave, or null */
export function buildPodPlan(body: Body, limitMs: number | null): Outcome<PodPlan> {
  const { run, template } = body
  const spec = podSpecOf(body)
  if (!spec.ok) return spec
  const rendered = renderOnce(run, spec.value, body.processed.variables, keepUnknown)
  if (!rendered.ok) return bad(rendered.error)
  const patched = patch(body, rendered.value)
  if (!patched.ok) return patched
  const podName = body.execution.podNameOf(body.nodeName, template)
  const artifacts = planArtifacts(run, template, podName, body.processed.variables)
  if (!artifacts.ok) return artifacts
  const mains =
    template.containerSet === undefined ? ['main'] : template.containerSet.containers.map((container) => container.name)
  const podSpec = withoutHelpers(patched.value)
  return good({
    identity: {
      id: run.podIdOf(body.nodeName),
      name: podName,
      namespace: run.namespace,
      workflowName: run.name,
      workflowUid: workflowUid(run.uid),
      nodeId: run.idOf(body.nodeName),
      nodeName: body.nodeName,
    },
    ...metadataOf(body),
    spec: podSpec,
    mains,
    sidecars: podSpec.containers.flatMap((container) =>
      mains.includes(container.name ?? '') ? [] : [container.name ?? ''],
    ),
    ...containerSetOf(template),
    files: template.script?.source ? [{ path: scriptPath, content: template.script.source, mode: 0o755 }] : [],
    ...artifacts.value,
    outputParameters: (template.outputs?.parameters ?? []).flatMap((parameter) =>
      parameter.valueFrom?.path === undefined
        ? []
        : [
            {
              name: parameter.name,
              path: parameter.valueFrom.path,
              ...(parameter.valueFrom.default === undefined ? {} : { default: parameter.valueFrom.default }),
            },
          ],
    ),
    captureResult: body.execution.call.resultWanted,
    activeDeadlineMs: deadlineOf(body, limitMs),
    daemon: template.daemon === true,
    terminationGraceMs: graceOf(patched.value.terminationGracePeriodSeconds, run.world.config.killGraceMs),
    mirrors: [...(template.sidecars ?? []), ...(template.initContainers ?? [])]
      .filter((container) => container.mirrorVolumeMounts === true)
      .map((container) => container.name ?? ''),
  })
}

function podSpecOf(body: Body): Outcome<KubernetesPodSpec> {
  const { run, template } = body
  const mains = mainContainers(body)
  const mounts = mains.find((container) => container.name === 'main')?.volumeMounts ?? []
  const mirrored = (container: UserContainer): Container => {
    const { mirrorVolumeMounts, ...rest } = container
    return mirrorVolumeMounts === true ? { ...rest, volumeMounts: mirrorMounts(rest.volumeMounts ?? [], mounts) } : rest
  }
  const sidecars = (template.sidecars ?? []).map(mirrored)
  const initContainers = (template.initContainers ?? []).map(mirrored)
  const volumes = volumesFor(run, template, [...mains, ...sidecars, ...initContainers])
  if (!volumes.ok) return volumes
  const { spec } = run
  const boundary = body.execution.call.boundaryTemplate
  return good({
    containers: [...mains, ...sidecars],
    ...(initContainers.length === 0 ? {} : { initContainers }),
    ...(volumes.value.length === 0 ? {} : { volumes: volumes.value }),
    ...defined({
      hostAliases: template.hostAliases ?? spec.hostAliases,
      dnsPolicy: spec.dnsPolicy,
      dnsConfig: spec.dnsConfig,
      hostNetwork: spec.hostNetwork,
      securityContext: template.securityContext ?? spec.securityContext,
      imagePullSecrets: spec.imagePullSecrets,
      serviceAccountName: template.serviceAccountName ?? spec.serviceAccountName,
      nodeSelector: template.nodeSelector ?? boundary?.nodeSelector ?? spec.nodeSelector,
    }),
  } as KubernetesPodSpec)
}

function mirrorMounts(own: readonly VolumeMount[], main: readonly VolumeMount[]): VolumeMount[] {
  const paths = new Set(own.map((mount) => mount.mountPath))
  return [...own, ...main.filter((mount) => !paths.has(mount.mountPath))]
}

/** `main`, or the members of a containerSet; the controller's own defaults beneath. */
function mainContainers(body: Body): Container[] {
  const { run, template } = body
  const defaults = run.world.config.mainContainer
  const withDefaults = (container: Container): Container =>
    defaults === undefined ? container : strategicMerge<Container>(defaults, container, containerMerge)
  if (template.containerSet !== undefined) {
    const shared = template.containerSet.volumeMounts ?? []
    return template.containerSet.containers.map(({ dependencies: _dependencies, ...container }) =>
      withDefaults(
        shared.length === 0
          ? container
          : { ...container, volumeMounts: mirrorMounts(container.volumeMounts ?? [], shared) },
      ),
    )
  }
  if (template.script !== undefined) {
    const { source, ...container } = template.script
    return [
      withDefaults({
        ...container,
        name: 'main',
        ...(source ? { args: [...(container.args ?? []), scriptPath] } : {}),
      }),
    ]
  }
  return [withDefaults({ ...template.container, name: 'main' })]
}

function patch(body: Body, spec: KubernetesPodSpec): Outcome<KubernetesPodSpec> {
  let patched = spec
  for (const text of [body.run.spec.podSpecPatch, body.template.podSpecPatch]) {
    if (!text) continue
    const rendered = renderString(body.run, text, body.processed.variables, keepUnknown)
    if (!rendered.ok) return bad(`Error applying PodSpecPatch: ${rendered.error}`)
    const result = applyPodSpecPatch(patched, rendered.value)
    if (!result.ok) return bad(`Error applying PodSpecPatch: ${result.error}`)
    patched = result.value
  }
  return good(patched)
}

/** A patch may speak of Argo's own containers, which do not exist here. */
function withoutHelpers(spec: KubernetesPodSpec): KubernetesPodSpec {
  const isHelper = (container: { name?: string; image?: string }) =>
    ['wait', 'init', 'supervisor'].includes(container.name ?? '') && !container.image
  const { initContainers } = spec
  return {
    ...spec,
    containers: spec.containers.filter((container) => !isHelper(container)),
    ...(initContainers === undefined
      ? {}
      : { initContainers: initContainers.filter((container) => !isHelper(container)) }),
  }
}

function metadataOf(body: Body): { labels: Record<string, string>; annotations: Record<string, string> } {
  const { run, template, execution } = body
  const layers = [execution.resolved?.podMetadata, run.spec.podMetadata, template.metadata]
  const labels: Record<string, string> = {}
  const annotations: Record<string, string> = {}
  for (const layer of layers) {
    if (layer?.labels) Object.assign(labels, layer.labels)
    if (layer?.annotations) Object.assign(annotations, layer.annotations)
  }
  return {
    labels: {
      ...labels,
      'workflows.argoproj.io/workflow': run.name,
      'workflows.argoproj.io/completed': 'false',
      ...(execution.call.inExitHandler ? { 'workflows.argoproj.io/on-exit': 'true' } : {}),
    },
    annotations: {
      ...annotations,
      'workflows.argoproj.io/node-id': run.idOf(body.nodeName),
      'workflows.argoproj.io/node-name': body.nodeName,
    },
  }
}

function containerSetOf(template: Template): Pick<PodPlan, 'containerSet'> {
  const set = template.containerSet
  if (set === undefined) return {}
  const dependencies = Object.fromEntries(
    set.containers.map((container) => [container.name, container.dependencies ?? []]),
  )
  const retry = set.retryStrategy
  if (retry === undefined) return { containerSet: { dependencies } }
  return {
    containerSet: {
      dependencies,
      retry: { tries: Math.max(1, Number(retry.retries) || 1), pauseMs: goDurationMs(retry.duration) },
    },
  }
}

const goDurationMs = (text: string | undefined): number => {
  const parsed = text ? parseGoDuration(text) : null
  return parsed?.ok === true ? Number(parsed.value / 1_000_000n) : 0
}

/** The least of the template's own limit, what its timeout leaves, and what the workflow's deadline leaves. */
function deadlineOf(body: Body, limitMs: number | null): number | null {
  const { run, template, execution } = body
  const limits: number[] = limitMs === null ? [] : [limitMs]
  const own = template.activeDeadlineSeconds
  if (own !== undefined && own !== null && !Number.isNaN(Number(own)) && Number(own) > 0)
    limits.push(Number(own) * 1000)
  const deadline = run.deadline()
  if (deadline !== null && !execution.call.inExitHandler) limits.push(Math.max(0, deadline - run.now))
  return limits.length === 0 ? null : Math.min(...limits)
}

function defined<T extends object>(fields: T): Partial<T> {
  const kept: Partial<T> = {}
  for (const key in fields) if (fields[key] !== undefined) kept[key] = fields[key]
  return kept
}

const graceOf = (seconds: number | undefined, configuredMs: number | undefined): number =>
  seconds === undefined ? (configuredMs ?? 30_000) : seconds * 1000
