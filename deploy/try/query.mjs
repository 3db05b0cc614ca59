// Arguments: Prometheus' URL, a query. Prints the value of each series.
const [url, query] = process.argv.slice(2)
const response = await fetch(`${url}/api/v1/query?query=${encodeURIComponent(query)}`)
const { status, data, error } = await response.json()
if (status !== 'success') throw new Error(error)
for (const { value } of data.result) console.log(value[1])
