"""The paper's figures 2 to 9, drawn from what runs and sweeps leave behind."""
