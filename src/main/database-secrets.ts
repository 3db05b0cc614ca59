/** User and password of the database of Argo's ConfigMap: from Secret manifests in the watched folders. */
import type { ArgoDatabase } from '../config/index.ts'
import { UserError } from '../resources/index.ts'
import type { Secret } from '../resources/index.ts'
import { manifestsIn } from './argo-settings.ts'

/** The store is not open yet, so Secrets that were made over the API are not known. @throws UserError */
export async function databaseSecrets(
  folders: readonly string[],
  { user, password }: Pick<ArgoDatabase, 'user' | 'password'>,
): Promise<{ readonly user: string; readonly password: string }> {
  const names = new Set([user.name, password.name])
  const found = new Map<string, Secret>()
  for (const folder of folders)
    for await (const { manifest } of manifestsIn(folder, [...names]))
      if (manifest.kind === 'Secret') found.set(manifest.resource.metadata?.name ?? '', manifest.resource)
  const valueOf = ({ name, key }: ArgoDatabase['user']): string => {
    const secret = found.get(name)
    const plain = secret?.stringData?.[key]
    const encoded = secret?.data?.[key]
    if (plain !== undefined) return plain
    if (encoded !== undefined)
      return Buffer.from(encoded, 'base64')
        .toString('utf8')
        .replace(/\r?\n$/, '')
    const what = secret === undefined ? `there is no Secret ${name}` : `Secret ${name} has no key ${key}`
    throw new UserError('STORE_SECRET_MISSING', `${what}, which persistence.postgresql names`, {
      hint: 'put it into a watched folder as a manifest, or set DATABASE_URL',
    })
  }
  return { user: valueOf(user), password: valueOf(password) }
}
