"""A period, compiled: participants decide, the market changes, tasks remember what happened to them.

`world` is what everything works on, `play` the order in which `placing`, `auctions` and `results` follow each other;
how a participant decides is in `behaviour`, who gets an auctioned task in `allocation`. Engines that work on contracts
read from the tasks what to send (`ballast.sim.engines.replay`); nothing here knows of them.
"""
