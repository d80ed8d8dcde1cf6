-- wrk script: create an order of three lines, pay it in cash, again. One connection a thread, so a thread's state is one cashier's.
-- Arguments: token, then product ids.
local token, products, order, paid = nil, {}, nil, 0
local seed = 0
local counters = {}

function setup(thread)
  seed = seed + 1
  thread:set("number", seed)
  table.insert(counters, thread)
end

function init(args)
  token = args[1]
  for i = 2, #args do products[#products + 1] = args[i] end
  math.randomseed(number * 7919)
  pairs_paid, failures = 0, 0
  wrk.headers["Authorization"] = "Bearer " .. token
  wrk.headers["Content-Type"] = "application/json"
end

function request()
  if order then
    return wrk.format("POST", "/api/orders/" .. order .. "/pay/", nil, '{"payment_method":"CASH"}')
  end
  local items, first = {}, math.random(#products)
  for i = 0, 2 do
    items[#items + 1] = '{"product_id":' .. products[(first + i * 7) % #products + 1] .. ',"quantity":1}'
  end
  return wrk.format("POST", "/api/orders/", nil, '{"items":[' .. table.concat(items, ",") .. "]}")
end

function response(status, headers, body)
  if status == 201 then
    order = string.match(body, '"id":(%d+)')
  else
    if status == 200 then pairs_paid = pairs_paid + 1 else failures = failures + 1 end
    order = nil
  end
end

function done(summary, latency, requests)
  local total, failed = 0, 0
  for _, thread in ipairs(counters) do
    total = total + thread:get("pairs_paid")
    failed = failed + thread:get("failures")
  end
  io.write(string.format("pairs=%d failures=%d seconds=%.3f\n", total, failed, summary.duration / 1e6))
end
