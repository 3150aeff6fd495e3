"""The demand, its forecasts, and plans made from them."""
