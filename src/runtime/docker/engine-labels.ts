/** What an engine is, as labels of a Kubernetes node say it. */
import { textOr, textsOf } from './wire.ts'

/** Go's names of architectures by those of `uname`, which the engine tells. */
const architectures: Readonly<Record<string, string>> = {
  x86_64: 'amd64',
  aarch64: 'arm64',
  armv7l: 'arm',
  armv6l: 'arm',
  i386: '386',
  i686: '386',
}

/** @param info the engine's answer to `GET /info`; its own labels (`dockerd --label`) come first. */
export function engineLabels(info: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  const own = textsOf(info.Labels).map((text) => {
    const at = text.indexOf('=')
    return at < 0 ? ([text, ''] as const) : ([text.slice(0, at), text.slice(at + 1)] as const)
  })
  const architecture = textOr(info.Architecture, '')
  return {
    ...Object.fromEntries(own),
    'kubernetes.io/os': textOr(info.OSType, 'linux'),
    'kubernetes.io/arch': architectures[architecture] ?? architecture,
  }
}

/** Tells engines apart: their own ids are the same on machines that were cloned, and for two engines of one machine. */
export function engineIdentity(info: Readonly<Record<string, unknown>>): string {
  const id = textOr(info.ID, '')
  return id === '' ? '' : [id, textOr(info.Name, ''), textOr(info.DockerRootDir, '')].join(' ')
}
