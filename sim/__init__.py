"""Simulation of the market: scenarios, agents, the exact model of the market, and the engines that run it."""
