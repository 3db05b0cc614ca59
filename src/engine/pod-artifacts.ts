/** Where a pod's artifacts come from and go to (semantics-templates.md §6). */
import type { Artifact, ArtifactLocation, Template } from '../resources/index.ts'
import type { Variables } from '../expressions/index.ts'
import { variablesOf } from '../expressions/index.ts'
import { backendOf, hasLocation, hasLocationOrKey, keyOf, relocated, withKey } from './artifact-location.ts'
import type { PodPlan } from './effects.ts'
import type { Processed } from './inputs.ts'
import type { Outcome } from './outcome.ts'
import { bad, good } from './outcome.ts'
import type { Run } from './run.ts'
import { everythingMustResolve, renderString } from './substitution.ts'

const defaultKeyFormat = '{{workflow.name}}/{{pod.name}}'

const nothingToPlan = good({ inputArtifacts: [], outputArtifacts: [], logArtifacts: [] })

export function planArtifacts(
  run: Run,
  processed: Processed,
  podName: string,
): Outcome<Pick<PodPlan, 'inputArtifacts' | 'outputArtifacts' | 'logArtifacts'>> {
  const { template } = processed
  const { inputs: given, outputs: left } = template
  if (!given?.artifacts?.length && !left?.artifacts?.length && !keepsLogs(run, template)) return nothingToPlan
  const home = (
    template.archiveLocation !== undefined && backendOf(template.archiveLocation) !== null
      ? template.archiveLocation
      : repositoryOf(run)
  ) as ArtifactLocation
  const known = run.world.config.artifactDrivers ?? []
  const driver = missingDriver([...(template.inputs?.artifacts ?? []), ...(template.outputs?.artifacts ?? [])], known)
  if (driver !== null) return bad(`artifact driver ${driver} not found`)
  const withPod = variablesOf({ 'pod.name': podName }, processed.variables)
  const inputs: Artifact[] = []
  for (const artifact of template.inputs?.artifacts ?? []) {
    if (!hasLocationOrKey(artifact)) {
      if (artifact.optional === true) continue
      return bad(`required artifact '${artifact.name}' not supplied`)
    }
    inputs.push(relocated(artifact, home))
  }
  const outputs: Artifact[] = []
  for (const artifact of template.outputs?.artifacts ?? []) {
    const placed = place(run, artifact, home, fileNameOf(artifact), withPod)
    if (!placed.ok) return placed
    outputs.push(placed.value)
  }
  const logs = planLogs(run, template, home, withPod)
  if (!logs.ok) return logs
  const late = missingDriver([...inputs, ...outputs, ...logs.value.map(({ artifact }) => artifact)], known)
  if (late !== null) return bad(`artifact driver ${late} not found`)
  return good({ inputArtifacts: inputs, outputArtifacts: outputs, logArtifacts: logs.value })
}

/** The first storage that no driver is configured for: the pod cannot be made. */
function missingDriver(artifacts: readonly Artifact[], known: readonly string[]): string | null {
  const names = artifacts.map(({ plugin }) => plugin?.name).filter((name) => name !== undefined && name !== '')
  return names.find((name) => !known.includes(name ?? '')) ?? null
}

/** An output artifact with its own key, or `<keyFormat>/<file>` in the repository. */
function place(
  run: Run,
  artifact: Artifact,
  home: ArtifactLocation,
  fileName: string,
  variables: Variables,
): Outcome<Artifact> {
  if (hasLocation(artifact)) return good(artifact)
  if (keyOf(artifact) !== null) return good(relocated(artifact, home))
  const backend = backendOf(home)
  if (backend === null)
    return bad(
      `You need to configure artifact storage. More information on how to do this can be found in the docs: https://argo-workflows.readthedocs.io/en/latest/configure-artifact-repository/`,
    )
  const fields = (home as Readonly<Record<string, unknown>>)[backend] as Readonly<Record<string, unknown>>
  const format = keyFormatOf(home, fields)
  const key = renderString(run, format, variables, everythingMustResolve)
  if (!key.ok) return bad(key.error)
  return good(withKey(relocated({ ...artifact, [backend]: {} }, home), `${key.value.replace(/\/$/, '')}/${fileName}`))
}

function keyFormatOf(home: ArtifactLocation, fields: Readonly<Record<string, unknown>>): string {
  if (typeof fields['keyFormat'] === 'string' && fields['keyFormat'] !== '') return fields['keyFormat']
  const prefix = fields['keyPrefix']
  const own = keyOf(home)
  if (own !== null) return own
  return typeof prefix === 'string' && prefix !== '' ? `${prefix}/${defaultKeyFormat}` : defaultKeyFormat
}

function fileNameOf(artifact: Artifact): string {
  if (artifact.archive?.zip !== undefined) return `${artifact.name}.zip`
  if (artifact.archive?.none === undefined) return `${artifact.name}.tgz`
  return (artifact.path ?? artifact.name).replace(/\/+$/, '').split('/').pop() || artifact.name
}

function planLogs(
  run: Run,
  template: Template,
  home: ArtifactLocation,
  variables: Variables,
): Outcome<PodPlan['logArtifacts']> {
  if (!keepsLogs(run, template)) return good([])
  const names =
    template.containerSet === undefined ? ['main'] : template.containerSet.containers.map((container) => container.name)
  const logs: { container: string; artifact: Artifact }[] = []
  for (const container of names) {
    const placed = place(run, { name: `${container}-logs`, archive: { none: {} } }, home, `${container}.log`, variables)
    if (!placed.ok) return placed
    const { archive: _archive, ...artifact } = placed.value
    logs.push({ container, artifact })
  }
  return good(logs)
}

function keepsLogs(run: Run, template: Template): boolean {
  if (template.daemon === true) return false
  const setting = repositoryOf(run)['archiveLogs']
  return setting === true || (template.archiveLocation?.archiveLogs ?? run.spec.archiveLogs ?? false)
}

export function repositoryOf(run: Run): Readonly<Record<string, unknown>> {
  return run.status.artifactRepositoryRef?.artifactRepository ?? run.world.config.artifactRepository
}
