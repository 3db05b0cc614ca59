import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { loadConfig } from '../config/index.ts'
import { argoSettingsInFolders } from './argo-settings.ts'
import { postgresOf } from './store.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'database-secrets-'))
  await writeFile(
    join(folder, 'argo.yaml'),
    `apiVersion: v1
kind: ConfigMap
metadata: { name: workflow-controller-configmap }
data:
  persistence: |
    postgresql:
      host: db
      database: argo
      userNameSecret: { name: pg, key: user }
      passwordSecret: { name: pg, key: password }
`,
  )
})
afterAll(() => rm(folder, { recursive: true }))
const silent = () => undefined
const log = { debug: silent, info: silent, warn: silent, error: silent }
async function database() {
  const argo = await argoSettingsInFolders([folder], log)
  const { config } = await loadConfig({
    flags: { folders: [folder] },
    base: '/',
    ...(argo === undefined ? {} : { argo }),
  })
  return postgresOf(config)
}

it('takes user and password of Argo’s database from a Secret manifest in the folder', async () => {
  await expect(database()).rejects.toMatchObject({
    code: 'STORE_SECRET_MISSING',
    message: 'there is no Secret pg, which persistence.postgresql names',
  })
  const password = Buffer.from('p@ss/word\n').toString('base64')
  const secret = `kind: Secret\napiVersion: v1\nmetadata: { name: pg }\nstringData: { user: me }\ndata: { password: ${password} }\n`
  await writeFile(join(folder, 'secret.yaml'), secret)
  expect(await database()).toMatchObject({
    url: 'postgres://me:p%40ss%2Fword@db:5432/argo',
    sslMode: 'disable',
    schema: 'drydock',
    mayMigrate: true,
  })
})
