/** Abbreviations of zones (`CEST`, `IST`), which the engine gives only in the English of a country that uses them. */
const locales = ['en-US', 'en-GB', 'en-AU', 'en-CA', 'en-IN', 'en-NZ', 'en-ZA', 'en-IE']

/** What the engine abbreviates in no English, by zone. */
const own: Readonly<Record<string, string>> = {
  'Asia/Tokyo': 'JST',
  'Asia/Seoul': 'KST',
  'Asia/Shanghai': 'CST',
  'Asia/Hong_Kong': 'HKT',
  'Asia/Karachi': 'PKT',
  'Asia/Manila': 'PST',
  'Asia/Jakarta': 'WIB',
  'Asia/Jerusalem': 'IST',
  'Africa/Lagos': 'WAT',
  'Africa/Nairobi': 'EAT',
  'Europe/Moscow': 'MSK',
}

/** As the tz database has it; zones without one are named by their offset there: `-03`, `+0545`. */
export function zoneAbbreviation(zone: string, at: Date): string {
  const given = own[zone]
  if (given !== undefined) return given
  let offset = ''
  for (const locale of locales) {
    const parts = new Intl.DateTimeFormat(locale, { timeZone: zone, timeZoneName: 'short' }).formatToParts(at)
    const name = parts.find(({ type }) => type === 'timeZoneName')?.value ?? ''
    if (/^[A-Z]{2,5}$/.test(name)) return name
    offset = name
  }
  const [, sign = '+', hours = '0', minutes = ''] = /^GMT([+-])(\d+)(?::(\d+))?$/.exec(offset.replace('−', '-')) ?? []
  return `${sign}${hours.padStart(2, '0')}${minutes}`
}
