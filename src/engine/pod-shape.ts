/** The part of a pod's plan that all nodes of a template have in common, unless something is filled into it (semantics-templates.md §2, §10). */
import type { Container, Template, UserContainer, VolumeMount, WorkflowSpec } from '../resources/index.ts'
import { parseGoDuration } from '../expressions/index.ts'
import { applyPodSpecPatch, containerMerge, strategicMerge } from '../admission/index.ts'
import type { Body } from './body.ts'
import type { KubernetesPodSpec, PodPlan } from './effects.ts'
import type { Outcome } from './outcome.ts'
import { bad, good } from './outcome.ts'
import { volumesFor } from './pod-volumes.ts'
import { keepUnknown, renderOnce, renderString } from './substitution.ts'

const scriptPath = '/argo/staging/script'

/** What does not tell one node of a template from another. */
type Shape = Pick<
  PodPlan,
  'spec' | 'mains' | 'sidecars' | 'containerSet' | 'files' | 'outputParameters' | 'terminationGraceMs' | 'mirrors'
>
type Surroundings = {
  readonly spec: WorkflowSpec
  readonly boundary: Template | null
  readonly mainContainer: Container | undefined
  readonly killGraceMs: number | undefined
}

/** Of templates that are the same object for each node, since nothing in them is filled in. */
const shapes = new WeakMap<Template, Surroundings & { readonly shape: Outcome<Shape> }>()

export function shapeOf(body: Body): Outcome<Shape> {
  const { run, template } = body
  const known = shapes.get(template)
  const boundary = body.execution.call.boundaryTemplate
  const { mainContainer, killGraceMs } = run.world.config
  if (
    known?.spec === run.spec &&
    known.boundary === boundary &&
    known.mainContainer === mainContainer &&
    known.killGraceMs === killGraceMs
  )
    return known.shape
  const source = podSpecOf(body)
  if (!source.ok) return source
  const rendered = renderOnce(run, source.value, body.processed.variables, keepUnknown)
  if (!rendered.ok) return bad(rendered.error)
  const patched = patch(body, rendered.value)
  if (!patched.ok) return patched
  const shape = good(shapeFrom(body, patched.value))
  // Volumes may come of claims that are made while the workflow runs.
  if (template.inputs === undefined && patched.value === source.value && source.value.volumes === undefined)
    shapes.set(template, { spec: run.spec, boundary, mainContainer, killGraceMs, shape })
  return shape
}

function shapeFrom({ run, template }: Body, patched: KubernetesPodSpec): Shape {
  const mains =
    template.containerSet === undefined ? ['main'] : template.containerSet.containers.map((container) => container.name)
  const spec = withoutHelpers(patched)
  return {
    spec,
    mains,
    sidecars: spec.containers.flatMap((container) =>
      mains.includes(container.name ?? '') ? [] : [container.name ?? ''],
    ),
    ...containerSetOf(template),
    files: template.script?.source ? [{ path: scriptPath, content: template.script.source, mode: 0o755 }] : [],
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
    terminationGraceMs: graceOf(patched.terminationGracePeriodSeconds, run.world.config.killGraceMs),
    mirrors: [...(template.sidecars ?? []), ...(template.initContainers ?? [])]
      .filter((container) => container.mirrorVolumeMounts === true)
      .map((container) => container.name ?? ''),
  }
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
      affinity: template.affinity ?? boundary?.affinity ?? spec.affinity,
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

function defined<T extends object>(fields: T): Partial<T> {
  const kept: Partial<T> = {}
  for (const key in fields) if (fields[key] !== undefined) kept[key] = fields[key]
  return kept
}

const graceOf = (seconds: number | undefined, configuredMs: number | undefined): number =>
  seconds === undefined ? (configuredMs ?? 30_000) : seconds * 1000
