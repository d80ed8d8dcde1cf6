from chassis import tenants

SUBSCRIPTIONS = {**tenants.SUBSCRIPTIONS}
