"""The simulation: workloads, agents, whole runs."""
