/** What is put into a pod's containers before they start: scripts, the folder for progress, input artifacts. */
import { hasLocationOrKey } from '../../engine/index.ts'
import type { PodPlan } from '../../engine/index.ts'
import type { Artifact, PodRequest } from '../../resources/index.ts'
import { UserError } from '../../resources/index.ts'
import { persevere } from '../back-off.ts'
import { mayReportProgress } from './argo-env.ts'
import type { TarEntry } from './tar.ts'
import { tarOf } from './tar.ts'
import type { TransferParts } from './transfer.ts'
import { transfer } from './transfer.ts'

export const needsStaging = (plan: PodPlan): boolean =>
  plan.files.length > 0 || plan.inputArtifacts.length > 0 || mayReportProgress(plan)

/** @throws WorldError or UserError, whose message becomes that of Argo's `init` container */
export async function stage(
  plan: PodPlan,
  request: PodRequest,
  parts: TransferParts,
  signal: AbortSignal,
): Promise<void> {
  const { runtime, clock } = parts
  for (const container of request.containers) {
    if (!plan.mains.includes(container.name)) continue
    const owner = ownerOf(container.security)
    const entries: TarEntry[] = plan.files.map(({ path, content, mode }) => ({
      path,
      content: new TextEncoder().encode(content),
      mode,
      ...owner,
    }))
    if (mayReportProgress(plan)) entries.unshift({ path: 'var/run/argo/', mode: 0o777, ...owner })
    if (entries.length === 0) continue
    const write = () => runtime.writeFiles(request.identity.id, container.name, tarOf(entries), signal)
    await persevere(write, { clock, signal })
  }
  const main = request.containers.find((container) => container.name === 'main' && container.role === 'main')
  if (main === undefined) return
  for (const artifact of plan.inputArtifacts)
    await load(artifact, { request, owner: ownerOf(main.security) }, parts, signal)
}

async function load(
  artifact: Artifact,
  into: { readonly request: PodRequest; readonly owner: { readonly uid: number; readonly gid: number } },
  { runtime, artifacts, context, clock }: TransferParts,
  signal: AbortSignal,
): Promise<void> {
  if (!hasLocationOrKey(artifact)) {
    if (artifact.optional === true) return
    throw new UserError('ARTIFACT_MISSING', `required artifact '${artifact.name}' not supplied`)
  }
  const attempt = async () => {
    const tar = await artifacts.load(artifact, { path: artifact.path ?? '', ...into.owner }, { ...context, signal })
    if (tar !== null) return runtime.writeFiles(into.request.identity.id, 'main', tar, signal)
    if (artifact.optional !== true)
      throw new UserError('ARTIFACT_MISSING', 'failed to get file: The specified key does not exist.')
  }
  try {
    await transfer(attempt, clock, signal)
  } catch (cause) {
    signal.throwIfAborted()
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new UserError('ARTIFACT_LOAD', `artifact ${artifact.name} failed to load: ${why}`, { cause })
  }
}

/** Files belong to whom the manifest names; the image's own user is the runtime's affair. */
function ownerOf(security: PodRequest['containers'][number]['security']): {
  readonly uid: number
  readonly gid: number
} {
  const number = (text: string | undefined) => (text !== undefined && /^\d+$/.test(text) ? Number(text) : 0)
  return {
    uid: number(security.user),
    gid: number(security.group ?? (security.fsGroup === undefined ? undefined : String(security.fsGroup))),
  }
}
