"""The paper's figures 1 to 9, drawn from what runs and sweeps leave behind."""
