/** Teaches the logger what must not be written: the values of every Secret there is. */
import type { Controller, WatchEvent } from '../controller/index.ts'
import type { Secret } from '../resources/index.ts'
import type { SecretValues } from '../telemetry/index.ts'

export function keepSecretsOut(
  controller: Pick<Controller, 'objects' | 'watch'>,
  values: SecretValues,
): { close(): void } {
  const learn = (secret: Secret) => values.set(ownerOf(secret), valuesOf(secret))
  for (const secret of controller.objects('Secret', '')) learn(secret)
  const seen = (event: WatchEvent) => {
    if (event.kind !== 'Secret') return
    const secret = event.object() as Secret
    if (event.type === 'DELETED') values.set(ownerOf(secret), [])
    else learn(secret)
  }
  return controller.watch(null, seen, 'none')
}

const ownerOf = ({ metadata }: Secret): string => `${metadata?.namespace ?? ''}/${metadata?.name ?? ''}`

function valuesOf({ data = {}, stringData = {} }: Secret): readonly string[] {
  const encoded = Object.values(data)
  const decoded = encoded.map((value) => Buffer.from(value, 'base64').toString('utf8'))
  const texts = [...decoded, ...Object.values(stringData)].flatMap((value) => [
    value,
    value.trim(),
    ...value.split('\n'),
  ])
  return [...texts, ...encoded]
}
