import { describe, expect, it } from 'vitest'
import { argoDatabaseOf, loadConfig, readArgoConfigMap, showConfig } from './index.ts'

const load = (environment: Record<string, string>, flags = {}) => loadConfig({ environment, flags, base: '/base' })

describe('where the store is', () => {
  it('is SQLite where nothing is said', async () => {
    const { config } = await load({})
    expect(config.store).toMatchObject({ url: null, schema: 'drydock', poolSize: 8, migrate: true })
  })
  it('is said by DATABASE_URL, by DRYDOCK_STORE_URL over it, and by flags over both', async () => {
    const known = { DATABASE_URL: 'postgres://a/x', DRYDOCK_STORE_PASSWORD_FILE: 'pw', DRYDOCK_STORE_POOL_SIZE: '3' }
    expect((await load(known)).config.store).toMatchObject({
      url: 'postgres://a/x',
      passwordFile: '/base/pw',
      poolSize: 3,
    })
    const both = { ...known, DRYDOCK_STORE_URL: 'postgres://b/x' }
    expect((await load(both)).config.store.url).toBe('postgres://b/x')
    expect((await load(both, { store: { url: 'postgres://c/x' } })).config.store.url).toBe('postgres://c/x')
  })
  it('is shown without its password', async () => {
    const shown = showConfig((await load({ DATABASE_URL: 'postgres://me:very-secret@db/x' })).config)
    expect(shown).toContain('postgres://me:***@db/x')
    expect(shown).not.toContain('very-secret')
  })
  it.each([
    [{ DRYDOCK_STORE_SSL_MODE: 'on' }, /DRYDOCK_STORE_SSL_MODE/],
    [{ DRYDOCK_STORE_POOL_SIZE: '0' }, /DRYDOCK_STORE_POOL_SIZE/],
  ])('is refused where it is wrong: %j', async (environment, words) => {
    await expect(load(environment)).rejects.toThrow(words)
  })
})

describe('Argo’s persistence', () => {
  const persistence = `
connectionPool: { maxIdleConns: 100, maxOpenConns: 12 }
connectionTimeoutSeconds: 7
nodeStatusOffLoad: true
skipMigration: true
postgresql:
  host: postgres
  port: 5433
  database: argo
  tableName: argo_workflows
  userNameSecret: { name: argo-postgres-config, key: username }
  passwordSecret: { name: argo-postgres-config, key: password }
  ssl: true
`
  it('says where the database is, and who may enter', () => {
    const { settings, problems, notes } = readArgoConfigMap({ persistence }, 'cm.yaml')
    expect(problems).toEqual([])
    expect(argoDatabaseOf(settings)).toEqual({
      url: 'postgres://postgres:5433/argo',
      user: { name: 'argo-postgres-config', key: 'username' },
      password: { name: 'argo-postgres-config', key: 'password' },
      sslMode: 'require',
      poolSize: 12,
      connectTimeoutMs: 7000,
      migrate: false,
    })
    expect(notes).toEqual([
      expect.stringContaining('persistence.nodeStatusOffLoad'),
      expect.stringContaining('persistence.postgresql.tableName'),
    ])
  })
  it('is refused where a key is misspelt', () => {
    const { problems } = readArgoConfigMap({ persistence: persistence.replace('database:', 'databse:') }, 'cm.yaml')
    expect(problems.map(({ message }) => message).join()).toMatch(/unknown setting `databse`/)
  })
  it('says of MySQL that it is not used', () => {
    const { notes } = readArgoConfigMap({ persistence: 'mysql: { host: x }' }, 'cm.yaml')
    expect(notes).toEqual([expect.stringContaining('the store is SQLite or Postgres')])
  })
})
