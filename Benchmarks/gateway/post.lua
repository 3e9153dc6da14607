-- wrk: POST the file that $BODY names, count the answers that do not hold $EXPECT, print one line of JSON.
local file = assert(io.open(os.getenv("BODY"), "rb"))
wrk.body = file:read("*a")
file:close()
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = "Bearer sk-bench"

-- Each request has an order's number of its own in its last message, as no two requests are the same.
local before, after = wrk.body:match("^(.*)48151623(.*)$")
local count = 0
function request()
    count = count + 1
    return wrk.format(nil, nil, nil, before .. string.format("%08d", count) .. after)
end

local expected = os.getenv("EXPECT")
local threads = {}

function setup(thread) table.insert(threads, thread) end
function init() wrong = 0 end
function response(status, _, body)
    if status ~= 200 or not string.find(body, expected, 1, true) then wrong = wrong + 1 end
end
function done(summary, latency)
    local all = summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout
    for _, thread in ipairs(threads) do all = all + thread:get("wrong") end
    print(string.format('{"requests":%d,"seconds":%.3f,"p50":%d,"p99":%d,"wrong":%d}', summary.requests,
        summary.duration / 1e6, latency:percentile(50), latency:percentile(99), all))
end
