"""What the use cases need from the world: one Protocol a need.

Adapters in `infrastructure` implement them; `interfaces.wiring` puts them
together. Every method may raise `EnvironmentFaultError` when the machine cannot
do it; other errors are named.
"""
