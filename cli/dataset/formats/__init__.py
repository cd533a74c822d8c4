"""An export in the forms that trainers and dataset hubs load."""
