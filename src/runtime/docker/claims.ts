/** Named volumes that outlive pods. Anyone may write to the root of a fresh one, as with Kubernetes' usual provisioners. */
import type { NamedVolume } from '../port.ts'
import { ownerLabel, refuseOthers } from '../volume-owner.ts'
import { EngineError } from './client.ts'
import type { EngineCalls } from './engine-calls.ts'
import { label } from './names.ts'
import { pauseImage } from './pause-image.ts'
import { tarOf } from './tar.ts'
import { rootEntry } from './volumes.ts'
import { labelsOf, list, record, textOr } from './wire.ts'

const path = '/claim'

/**
 * The engine makes the volume with the helper that mounts it, and the helper goes last: where a restarted daemon finds
 * one still standing, `finishClaim` does the rest.
 */
export async function ensureClaim(
  calls: EngineCalls,
  instance: string,
  volumeName: string,
  labels: Readonly<Record<string, string>>,
  signal?: AbortSignal,
): Promise<void> {
  const standing = await labelsOfVolume(calls, volumeName, signal)
  if (standing !== null)
    return refuseOthers(volumeName, labels, { labels: standing, isOurs: standing[label.instance] === instance })
  const helper = `drydock.claim.${volumeName}`
  const volumeLabels = { ...labels, [label.instance]: instance }
  const id = await calls.create(helper, helperBody(instance, volumeName, volumeLabels), signal)
  if (id !== null) return finishClaim(calls, { id, state: 'created' }, signal)
  const found = await calls.inspect(helper, signal)
  if (found !== null) await finishClaim(calls, { id: found.id, state: found.status }, signal)
}

/** Whether the volume stands and was made for the workflow; for no one in particular where `owner` is left out. */
export async function isOwned(
  calls: EngineCalls,
  volumeName: string,
  owner: string | undefined,
  signal?: AbortSignal,
): Promise<boolean> {
  if (owner === undefined) return true
  return (await labelsOfVolume(calls, volumeName, signal))?.[ownerLabel] === owner
}

/** `null`: no such volume. */
async function labelsOfVolume(
  calls: EngineCalls,
  volumeName: string,
  signal?: AbortSignal,
): Promise<Readonly<Record<string, string>> | null> {
  const url = `/volumes/${encodeURIComponent(volumeName)}`
  const reply = await calls.client.call('inspectVolume', 'GET', url, { allow: [404], signal })
  return reply.status === 404 ? null : labelsOf(record(JSON.parse(reply.body.toString('utf8'))).Labels)
}

/** Those of this instance; volumes of pods are not among them. */
export async function listClaims(
  calls: EngineCalls,
  instance: string,
  signal?: AbortSignal,
): Promise<readonly NamedVolume[]> {
  const filters = JSON.stringify({ label: [`${label.instance}=${instance}`] })
  const found = record(await calls.client.json('listVolumes', 'GET', '/volumes', { query: { filters }, signal }))
  return list(found.Volumes).flatMap((value) => {
    const { Name, Labels } = record(value)
    const { [label.instance]: _instance, ...labels } = labelsOf(Labels)
    return labels[label.pod] === undefined ? [{ name: textOr(Name, ''), labels }] : []
  })
}

export async function finishClaim(
  calls: EngineCalls,
  helper: { readonly id: string; readonly state: string },
  signal?: AbortSignal,
): Promise<void> {
  // One that the engine was stopped in removing has no file system any more; it has done its work.
  if (helper.state !== 'dead' && helper.state !== 'removing') {
    const root = await tarOf([rootEntry(path, undefined)])
    try {
      await calls.putArchive(helper.id, '/', root, signal)
    } catch (error) {
      // Another daemon on the engine has done it, and removed the helper.
      if (error instanceof EngineError && error.status === 404) return
      throw error
    }
  }
  await calls.remove(helper.id, signal)
}

const helperBody = (instance: string, volumeName: string, labels: Readonly<Record<string, string>>): object => ({
  Image: pauseImage,
  Labels: { [label.instance]: instance, [label.role]: 'claim' },
  HostConfig: {
    NetworkMode: 'none',
    LogConfig: { Type: 'none' },
    Mounts: [{ Type: 'volume', Source: volumeName, Target: path, VolumeOptions: { NoCopy: true, Labels: labels } }],
  },
})
