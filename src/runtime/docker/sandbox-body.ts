/** What a sandbox is to the engine: a container of the pause image, and nothing of the pod but its name and its network. */
import type { PodIdentity } from '../../resources/index.ts'
import { EngineError } from './client.ts'
import type { EngineCalls } from './engine-calls.ts'
import { label } from './names.ts'
import { pauseImage } from './pause-image.ts'

/** The daemon that a sandbox is of, where that keeps its files (see strays.ts), and the network it is to join. */
export type Owner = { readonly instance: string; readonly home: string; readonly network: string }

/** What a pod may set of its own network; it then gets a sandbox for itself. */
export type SandboxSettings = {
  readonly Hostname?: string
  readonly ExposedPorts?: object
  readonly host?: object
}

export function sandboxBody(
  { instance, home, network }: Owner,
  pod: Pick<PodIdentity, 'workflowUid' | 'workflowName' | 'namespace'>,
  settings: SandboxSettings = {},
  extraLabels: Readonly<Record<string, string>> = { [label.role]: 'sandbox' },
): object {
  return {
    Image: pauseImage,
    Hostname: settings.Hostname ?? hostnameOf(pod.workflowName),
    ...(settings.ExposedPorts && { ExposedPorts: settings.ExposedPorts }),
    Labels: {
      [label.instance]: instance,
      [label.home]: home,
      [label.workflowUid]: pod.workflowUid,
      [label.workflow]: pod.workflowName,
      [label.namespace]: pod.namespace,
      ...extraLabels,
    },
    HostConfig: {
      NetworkMode: network,
      ReadonlyRootfs: true,
      CapDrop: ['ALL'],
      LogConfig: { Type: 'none' },
      ...settings.host,
    },
  }
}

/** A host name of at most 63 letters, digits and dashes. */
export const hostnameOf = (name: string): string =>
  name
    .replace(/[^a-zA-Z0-9-]/g, '-')
    .slice(0, 63)
    .replace(/^-+|-+$/g, '') || 'pod'

/** Created, started and inspected; adopts one that stands under the name. */
export async function startSandbox(
  calls: EngineCalls,
  name: string,
  body: object,
): Promise<{ id: string; ip: string | null }> {
  const id = (await calls.create(name, body)) ?? (await calls.inspect(name))?.id
  if (id === undefined) throw new EngineError(409, `the name ${name} is taken and yet nothing stands there`)
  try {
    await calls.start(id)
    return { id, ip: (await calls.inspect(id))?.ip ?? null }
  } catch (error) {
    await calls.remove(id).catch(() => {})
    throw error
  }
}
